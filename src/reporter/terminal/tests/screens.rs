//! Golden screens: what stands on a terminal at given moments of given batches.

use super::super::{Output, Shape, Terminal, Width};
use super::{closing, settings, tell};
use crate::event::reporter::Reporter as _;
use crate::event::samples::failure;
use crate::event::story::Story;
use crate::event::{Eta, Event, Sample};
use crate::outcome::FailureKind;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A terminal that remembers.
#[derive(Clone)]
struct Glass(Arc<Mutex<vt100::Parser>>);

impl Glass {
    fn new(rows: u16, columns: u16) -> Self {
        Self(Arc::new(Mutex::new(vt100::Parser::new(
            rows.try_into().unwrap(),
            columns.try_into().unwrap(),
            500,
        ))))
    }

    /// What stands on it, without blanks at the ends of lines.
    fn text(&self) -> String {
        let glass = self.0.lock().unwrap();
        let columns = glass.screen().size().1.get();
        let rows: Vec<_> = glass.screen().rows(0, columns).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }
}

impl Write for Glass {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // As a terminal in its usual mode does with output.
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\n', "\r\n");
        self.0.lock().unwrap().process(text.as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A batch in the middle, with as many running as there are slots.
fn running(slots: u32, total: usize) -> Story {
    let mut story = Story::new(total, slots);
    let done: Vec<_> = (0..5).map(|i| story.queue(&format!("testcases/done-{i}"))).collect();
    let ids = [
        "login[alice]",
        "checkout/a very long folder name/and a case in it::that has quite a name",
        "购物车/结账",
    ];
    let jobs: Vec<_> = (0..slots as usize)
        .map(|i| story.queue(&format!("testcases/{}", ids.get(i).unwrap_or(&"other"))))
        .collect();
    for (i, job) in done.into_iter().enumerate() {
        story.start(job, 1);
        story.wait(700);
        if i == 3 { story.fail(job, failure(FailureKind::Assertion)) } else { story.pass(job) }
    }
    for (i, job) in jobs.into_iter().enumerate() {
        story.wait(1000).start(job, u32::try_from(i).unwrap() + 1);
        story.enter(job, 0, "use sign-in");
        story.enter(
            job,
            1,
            if i == 2 {
                "expect \"在售商品\" has the text \"3 件商品，总价 25.00，含税，运费另计，谢谢惠顾\""
            } else {
                "fill \"label=User\""
            },
        );
    }
    story
}

/// The screen in the middle of a batch.
fn screen(columns: u16, story: &Story) -> String {
    let glass = Glass::new(24, columns);
    let mut terminal =
        Terminal::on(Output::to(Box::new(glass.clone()), Width::Fixed(columns, 24)), settings(Shape::Bars));
    let tally = tell(&mut terminal, story);
    terminal.refresh(&tally, story.events().last().unwrap().elapsed_ms + 65_000).unwrap();
    glass.text()
}

#[test]
fn bars_of_one_slot_in_80_columns() {
    insta::assert_snapshot!(screen(80, &running(1, 340)), @r###"
     Starting 340 cases in 1 slot (batch 20270102-030405-7k2m9qxd)
         PASS [   0.700s] (  1/340) testcases/done-0
         PASS [   0.700s] (  2/340) testcases/done-1
         PASS [   0.700s] (  3/340) testcases/done-2
         FAIL [   0.700s] (  4/340) testcases/done-3
         PASS [   0.700s] (  5/340) testcases/done-4
      Running 1:09 [>                        ] 5/340  4 passed  1 failed  4.3/min
    1 testcases/login[alice] 1/3 fill "label=User"                          1:05
    "###);
}

#[test]
fn what_is_left_is_told_where_past_runs_tell() {
    let with = |least_ms, most_ms| {
        let mut story = running(1, 340);
        let eta = Some(Eta { least_ms, most_ms });
        story.push(Event::Sample(Sample { eta, ..Sample::default() }));
        screen(100, &story)
    };
    assert!(with(62_000, 62_900).contains("1 failed  1:02 left  "), "{}", with(62_000, 62_900));
    assert!(with(62_000, 75_000).contains("1 failed  1:02-1:15 left  "), "{}", with(62_000, 75_000));
}

#[test]
fn bars_of_three_slots_in_80_columns() {
    insta::assert_snapshot!(screen(80, &running(3, 340)), @r###"
     Starting 340 cases in 3 slots (batch 20270102-030405-7k2m9qxd)
         PASS [   0.700s] (  1/340) testcases/done-0
         PASS [   0.700s] (  2/340) testcases/done-1
         PASS [   0.700s] (  3/340) testcases/done-2
         FAIL [   0.700s] (  4/340) testcases/done-3
         PASS [   0.700s] (  5/340) testcases/done-4
      Running 1:11 [>                        ] 5/340  4 passed  1 failed  4.2/min
    1 testcases/login[alice]           1/3 fill "label=User"                1:07
    2 …se in it::that has quite a name 1/3 fill "label=User"                1:06
    3 testcases/购物车/结账            1/3 expect "在售商品" has the text … 1:05
    "###);
}

#[test]
fn bars_of_twenty_slots_in_80_columns() {
    insta::assert_snapshot!(screen(80, &running(20, 25)), @r###"
     Starting 25 cases in 20 slots (batch 20270102-030405-7k2m9qxd)
         PASS [   0.700s] ( 1/25) testcases/done-0
         PASS [   0.700s] ( 2/25) testcases/done-1
         PASS [   0.700s] ( 3/25) testcases/done-2
         FAIL [   0.700s] ( 4/25) testcases/done-3
         PASS [   0.700s] ( 5/25) testcases/done-4
      Running 1:28 [=====>                    ] 5/25  4 passed  1 failed  3.4/min
    1 testcases/login[alice]           1/3 fill "label=User"                1:24
    2 …se in it::that has quite a name 1/3 fill "label=User"                1:23
    3 testcases/购物车/结账            1/3 expect "在售商品" has the text … 1:22
    4 testcases/other                  1/3 fill "label=User"                1:21
    5 testcases/other                  1/3 fill "label=User"                1:20
    6 testcases/other                  1/3 fill "label=User"                1:19
    7 testcases/other                  1/3 fill "label=User"                1:18
    8 testcases/other                  1/3 fill "label=User"                1:17
      … and 12 more
    "###);
}

#[test]
fn bars_of_three_slots_in_200_columns() {
    insta::assert_snapshot!(screen(200, &running(3, 340)), @r###"
     Starting 340 cases in 3 slots (batch 20270102-030405-7k2m9qxd)
         PASS [   0.700s] (  1/340) testcases/done-0
         PASS [   0.700s] (  2/340) testcases/done-1
         PASS [   0.700s] (  3/340) testcases/done-2
         FAIL [   0.700s] (  4/340) testcases/done-3
         PASS [   0.700s] (  5/340) testcases/done-4
      Running 1:11 [==>                                                                                                                                              ] 5/340  4 passed  1 failed  4.2/min
    1 testcases/login[alice]                                                             1/3 fill "label=User"                                                                                      1:07
    2 testcases/checkout/a very long folder name/and a case in it::that has quite a name 1/3 fill "label=User"                                                                                      1:06
    3 testcases/购物车/结账                                                              1/3 expect "在售商品" has the text "3 件商品，总价 25.00，含税，运费另计，谢谢惠顾"                        1:05
    "###);
}

#[test]
fn bars_in_20_columns_do_not_break() {
    let text = screen(20, &running(3, 340));
    insta::assert_snapshot!(text, @r###"
        Starting 340 cas
    es in 3 slots (batch
     20270102-030405-7k2
    m9qxd)
            PASS [   0.7
    00s] (  1/340) testc
    ases/done-0
            PASS [   0.7
    00s] (  2/340) testc
    ases/done-1
            PASS [   0.7
    00s] (  3/340) testc
    ases/done-2
            FAIL [   0.7
    00s] (  4/340) testc
    ases/done-3
            PASS [   0.7
    00s] (  5/340) testc
    ases/done-4
    [>           ] 5/340
       1 …] 1/3 f… 1:07
       2 …e 1/3 f… 1:06
       3 …  1/3 e… 1:05
    "###);
}

#[test]
fn bars_are_gone_at_the_end() {
    let glass = Glass::new(70, 80);
    let mut terminal =
        Terminal::on(Output::to(Box::new(glass.clone()), Width::Fixed(80, 70)), settings(Shape::Bars));
    let tally = tell(&mut terminal, &Story::mixed());
    terminal.finish(&closing(), &tally).unwrap();
    let text = glass.text();
    let (above, below) = text.split_once("\n\n").unwrap();
    insta::assert_snapshot!(above, @r###"
       Starting 9 cases in 3 slots (batch 20270102-030405-7k2m9qxd)
           PASS [   1.204s] (1/9) testcases/login[alice]
           FAIL [   3.891s] (2/9) testcases/cart::remove an item
      FLAKY 2/2 [   5.120s] (3/9) testcases/search
        Warning `/dev/shm` has only 64 MiB
                the switch `--disable-dev-shm-usage` is used
          ERROR [   0.040s] (4/9) testcases/pay
           SKIP [   0.000s] (5/9) testcases/old: not on this browser
           FAIL [   0.310s] (6/9) testcases/beta (quarantined)
           PASS [   4.266s] (7/9) testcases/home
    INTERRUPTED [   2.000s] (8/9) testcases/slow
    "###);
    assert!(below.starts_with("FAIL testcases/cart::remove an item\n"));
    assert!(below.ends_with("(batch 20270102-030405-7k2m9qxd)"));
}
