//! What each verb asks of the page: the round trips are a promise.

use super::build::{check, click, fill, goto, left, locator, press, run_script, step, steps, text};
use super::twin::{Play, Twin};
use super::{Bench, SECOND};
use crate::browser::page::Fault;
use crate::case::model::{
    Action, Button, Choice, Click, History, KeyChord, Modifier, ScrollTo, Take, Viewport,
};
use std::time::Duration;

async fn asked(twin: Twin, action: Action) -> String {
    Bench::new(twin).passes([action]).await.join("\n")
}

#[tokio::test(start_paused = true)]
async fn goto_is_two_round_trips() {
    insta::assert_snapshot!(asked(Twin::default(), goto("/login")).await, @r#"
    navigate http://shop.test/login
    document "load"
    "#);
    insta::assert_snapshot!(asked(Twin::default(), Action::History(History::Back)).await, @r#"
    navigate Back
    document "load"
    "#);
}

#[tokio::test(start_paused = true)]
async fn click_is_three_round_trips() {
    insta::assert_snapshot!(asked(Twin::default(), click("#go")).await, @r#"
    act css=#go visible stable enabled hit → {"do":"guard"}
    press Left × 1 [] on e1
    landed e1
    "#);
}

#[tokio::test(start_paused = true)]
async fn clicks_carry_button_count_modifiers_and_place() {
    let click = Click {
        button: Some(Button::Right),
        count: 2,
        modifiers: vec![Modifier::Shift],
        at: Some((3.0, 4.5)),
        ..left("#go")
    };
    insta::assert_snapshot!(asked(Twin::default(), Action::Click(click)).await, @r#"
    act css=#go visible stable enabled hit at (3.0, 4.5) → {"do":"guard"}
    press Right × 2 [Shift] on e1
    landed e1
    "#);
}

#[tokio::test(start_paused = true)]
async fn hover_presses_nothing_and_asks_nothing_afterwards() {
    let hover = Click { button: None, ..left("#go") };
    insta::assert_snapshot!(asked(Twin::default(), Action::Click(hover)).await, @r#"
    act css=#go visible stable hit → {"do":"point"}
    press nothing [] on e1
    landed e1
    "#);
}

#[tokio::test(start_paused = true)]
async fn force_acts_on_an_attached_element_at_once() {
    let forced = Click { force: true, ..left("#go") };
    insta::assert_snapshot!(asked(Twin::default(), Action::Click(forced)).await, @r#"
    act css=#go → {"do":"scroll","to":"view"}
    press Left × 1 [] on e1
    "#);
    let forced = Action::Fill { target: locator("#q"), value: text("x"), force: true };
    insta::assert_snapshot!(asked(Twin::default(), forced).await, @r#"
    act css=#q → fill "x"
    insert "x"
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_press_that_was_held_back_is_made_again() {
    let twin = Twin::default().at("landed", Play::value(serde_json::json!({"missed": "<div class=\"ad\">"})));
    let asked = asked(twin, click("#go")).await;
    assert_eq!(asked.matches("press Left").count(), 2);
    assert_eq!(asked.matches("landed e1").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_press_that_leads_to_another_page_has_hit() {
    for led in [
        Twin::default().at("landed", Play::document("second")),
        Twin::default().at("landed", Play::fault(Fault::Crashed)),
        Twin::default().at("press", Play::fault(Fault::Crashed)),
    ] {
        let asked = asked(led, click("#go")).await;
        assert_eq!(asked.matches("press Left").count(), 1, "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_press_that_nothing_was_left_of_is_made_again() {
    for lost in [
        Twin::default().at("press", Play::gone()),
        Twin::default().at("landed", Play::gone()),
        Twin::default().at("landed", Play::value("torn".into())),
        Twin::default().at("landed", Play::value("none".into())),
    ] {
        let asked = asked(lost, click("#go")).await;
        assert_eq!(asked.matches("press Left").count(), 2, "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_act_leads_to_is_waited_for() {
    let twin = Twin::default().at("arrive", Play::stuck());
    let failure = Bench::new(twin).fails([click("#go")]).await;
    assert_eq!(
        failure.message.raw(),
        "step timeout of 10s missed: it was done, and the page that it leads to did not come"
    );
}

#[tokio::test(start_paused = true)]
async fn a_renderer_that_crashes_under_a_press_is_no_navigation() {
    let twin =
        Twin::default().at("landed", Play::fault(Fault::Crashed)).at("document", Play::fault(Fault::Crashed));
    let mut bench = Bench::new(twin);
    let ended = bench.run(&super::build::case(steps([click("#go")]))).await;
    assert_eq!(ended.crashed_at, Some(1));
    assert_eq!(ended.failure.unwrap().message.raw(), "the page's renderer crashed while being pressed");
}

#[tokio::test(start_paused = true)]
async fn fill_is_two_round_trips_or_one() {
    insta::assert_snapshot!(asked(Twin::default(), fill("label=User", "alice")).await, @r#"
    act label={"contains":"User"} visible enabled editable → fill "alice"
    insert "alice"
    "#);
    let date = Twin::default().at("act", Play::value("set".into()));
    insta::assert_snapshot!(asked(date, fill("#date", "2027-01-31")).await, @r#"act css=#date visible enabled editable → fill "2027-01-31""#);
}

#[tokio::test(start_paused = true)]
async fn a_fill_whose_document_went_away_is_made_again() {
    let twin = Twin::default().at("insert", Play::gone());
    assert_eq!(asked(twin, fill("#q", "x")).await.matches("insert").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn check_looks_first_and_verifies() {
    insta::assert_snapshot!(asked(Twin::default(), check("#terms", true)).await, @r#"
    read css=#terms "checked"
    act css=#terms visible stable enabled hit → {"do":"guard"}
    press Left × 1 [] on e1
    landed e1
    check css=#terms {"checked":true}
    "#);
    insta::assert_snapshot!(asked(Twin::default(), check("#terms", false)).await, @r#"read css=#terms "checked""#);
}

#[tokio::test(start_paused = true)]
async fn keys_go_to_the_element_or_to_whatever_has_the_focus() {
    insta::assert_snapshot!(asked(Twin::default(), press("Enter", Some("#q"))).await, @r#"
    act css=#q visible enabled → {"do":"type"}
    keys Enter
    "#);
    let chord = KeyChord { modifiers: vec![Modifier::Control], key: "a".to_owned() };
    let press = Action::Press { keys: chord, on: None };
    insta::assert_snapshot!(asked(Twin::default(), press).await, @"keys Control+a");
    let typed = Action::Type { target: locator("#q"), value: text("aé\t\n"), delay: Duration::ZERO };
    insta::assert_snapshot!(asked(Twin::default(), typed).await, @r#"
    act css=#q visible enabled → {"do":"type"}
    keys a é Tab Enter
    "#);
}

#[tokio::test(start_paused = true)]
async fn keys_that_went_with_their_document_or_element_are_pressed_again() {
    let typed = || Action::Type { target: locator("#q"), value: text("abc"), delay: Duration::ZERO };
    let gone = asked(Twin::default().at("keys", Play::gone()), typed()).await;
    assert_eq!(gone.matches("keys a b c").count(), 2, "{gone}");
    let partly = asked(Twin::default().at("keys", Play::value(2.into())), typed()).await;
    assert!(partly.ends_with("keys c"), "{partly}");
}

#[tokio::test(start_paused = true)]
async fn typing_that_cannot_be_done_in_time_does_not_begin() {
    let typed = Action::Type { target: locator("#q"), value: text("0123456789ab"), delay: SECOND };
    let mut bench = Bench::new(Twin::default());
    let failure = bench.fails([typed]).await;
    assert_eq!(
        failure.message.raw(),
        "typing 12 keys with a pause of 1s takes 12s, more than the step timeout of 10s"
    );
    assert!(bench.twin.asked.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_engine_does_the_rest_in_one_round_trip() {
    let choose = vec![Choice::Label(text("Two")), Choice::Value(text("3")), Choice::Index(4)];
    let twin = Twin::default();
    let mut bench = Bench::new(twin);
    let asked = bench
        .passes([
            Action::Select { target: locator("#s"), choose },
            Action::Scroll { target: locator("#list"), to: ScrollTo::Bottom },
            Action::Scroll { target: locator("#list"), to: ScrollTo::Offset(0.0, 20.0) },
            Action::Focus { target: locator("#q"), on: true },
            Action::Focus { target: locator("#q"), on: false },
            Action::Save {
                target: locator("#total"),
                what: Take::Attribute("href".to_owned()),
                name: "x".to_owned(),
            },
            Action::SaveTitle("t".to_owned()),
            Action::Viewport(Viewport { width: 390, height: 844 }),
        ])
        .await;
    insta::assert_snapshot!(asked.join("\n"), @r#"
    act css=#s visible enabled → {"do":"select","choose":[{"label":"Two"},{"value":"3"},{"index":4}]}
    act css=#list visible → {"do":"scroll","to":"bottom"}
    act css=#list visible → {"do":"scroll","to":[0.0,20.0]}
    act css=#q → {"do":"focus"}
    act css=#q → {"do":"blur"}
    read css=#total {"attribute":"href"}
    document
    resize 390×844
    "#);
}

#[tokio::test(start_paused = true)]
async fn pictures_are_handed_over_unless_the_step_is_sensitive() {
    let all = Action::Screenshot { name: text("cart ${case.id}"), of: None };
    let one = Action::Screenshot { name: text("total"), of: Some(locator("#total")) };
    let mut case = super::build::case(steps([all.clone(), one, all]));
    case.steps[2].sensitive = true;
    let mut bench = Bench::new(Twin::default());
    bench.run(&case).await;
    insta::assert_snapshot!(bench.watched.kept.join("\n"), @r"
    picture cart testcases/a at 1: 3 bytes
    picture total at 2: 3 bytes
    passed at 3, page Sound
    ");
    insta::assert_snapshot!(bench.twin.asked.join("\n"), @r#"
    screenshot of all
    act css=#total visible stable → {"do":"scroll","to":"view"}
    screenshot of e1
    "#);
}

#[tokio::test(start_paused = true)]
async fn frames_are_entered_on_the_way() {
    let twin = Twin::default().at("act", Play::frame());
    insta::assert_snapshot!(asked(twin, click("frame=#pay >> #go")).await, @r#"
    act css=#pay → {"do":"keep"}
    enter e1
    in frame: act css=#go visible stable enabled hit → {"do":"guard"}
    in frame: press Left × 1 [] on e1
    in frame: landed e1
    "#);
}

#[tokio::test(start_paused = true)]
async fn within_a_frame_keys_and_scripts_run_in_it() {
    let inside = steps([press("Enter", None), run_script("return 1", None), click("#go")]);
    let twin = Twin::default()
        .at("act", Play::frame()) // is it a frame?
        .at("act", Play::frame())
        .at("act", Play::frame())
        .at("act", Play::frame());
    let within = Action::Within { target: locator("iframe"), steps: inside };
    insta::assert_snapshot!(asked(twin, within).await, @r#"
    act css=iframe → {"do":"keep"}
    act css=iframe → {"do":"keep"}
    enter e1
    in frame: keys Enter
    act css=iframe → {"do":"keep"}
    enter e1
    in frame: script return 1 []
    act css=iframe → {"do":"keep"}
    enter e1
    in frame: act css=#go visible stable enabled hit → {"do":"guard"}
    in frame: press Left × 1 [] on e1
    in frame: landed e1
    "#);
}

#[tokio::test(start_paused = true)]
async fn within_an_element_locators_start_there() {
    let within = Action::Within { target: locator("#row"), steps: vec![step(click("button"))] };
    let asked = asked(Twin::default(), within).await;
    assert!(asked.contains("act css=#row >> css=button visible"), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn the_case_gets_its_viewport_first() {
    let mut case = super::build::case(steps([goto("/")]));
    case.viewport = Some(Viewport { width: 390, height: 844 });
    let mut bench = Bench::new(Twin::default());
    bench.run(&case).await;
    assert_eq!(bench.twin.asked[..2], ["resize 390×844", "navigate http://shop.test/"]);
}
