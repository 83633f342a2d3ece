//! Pages of a real Chromium, as steps use them: the driver path, the engine in its isolated world, native input, and
//! slots that cannot disturb each other.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use batchrun::browser::chrome::find::{self, Mode};
use batchrun::browser::chrome::{LaunchOptions, Placing};
use batchrun::browser::engine::{Call, Element, Envelope, Landed, Need, Reading, Ready, Then};
use batchrun::browser::lease::{Lease, Lessor};
use batchrun::browser::local::{LocalBrowsers, LocalOptions};
use batchrun::browser::page::{Destination, Fault, Frame, Key, Page, Press, PromptAnswer};
use batchrun::case::model::{Button, History, Viewport};
use batchrun::custody::Custody;
use batchrun::deadline::Deadline;
use batchrun::serve::StaticSite;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const VIEWPORT: Viewport = Viewport { width: 1280, height: 720 };

struct World {
    browsers: LocalBrowsers,
    site: StaticSite,
    custody: Arc<Custody>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start(slots: usize, pages: &[(&str, &str)]) -> Self {
        Self::placed(Placing::OnScreen, slots, pages).await
    }

    async fn placed(placing: Placing, slots: usize, pages: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, body) in pages {
            let page = format!("<!doctype html><meta charset=utf-8><title>{name}</title>{body}");
            std::fs::write(folder.path().join(name), page).unwrap();
        }
        let custody = Arc::new(Custody::start_from(Path::new(env!("CARGO_BIN_EXE_batchrun"))).await.unwrap());
        let browser = find::browser(None, Mode::Headless).unwrap();
        let driver = find::driver(None, &browser).unwrap();
        // Little enough for a greedy page to die of soon.
        let launch = LaunchOptions {
            args: vec!["--js-flags=--max-old-space-size=64".to_owned()],
            ..LaunchOptions::default()
        };
        let options = LocalOptions { launch, driver, slots, viewport: VIEWPORT, placing };
        let browsers = LocalBrowsers::start(Arc::clone(&custody), options).await.unwrap();
        let site = StaticSite::start(folder.path()).await.unwrap();
        Self { browsers, site, custody, _folder: folder }
    }

    async fn lease(&self) -> Box<dyn Lease> {
        self.browsers.announce(1);
        self.browsers.lease().await.unwrap()
    }

    fn url(&self, name: &str) -> Destination {
        Destination::Url(format!("{}/{name}", self.site.url()))
    }

    async fn end(self) {
        self.browsers.close().await;
        drop(self.browsers);
        let leftovers = Arc::into_inner(self.custody).unwrap().finish().await;
        assert_eq!(leftovers.count(), 0, "{leftovers:?}");
    }
}

fn soon() -> Deadline {
    Deadline::after("test", Duration::from_secs(60))
}

fn css(selector: &str) -> Vec<Value> {
    vec![json!({"by": "css", "value": selector})]
}

fn act(selector: &str, needs: &[Need], then: Then) -> Call {
    Call::Act { query: css(selector), needs: needs.to_vec(), at: None, then, wait_ms: 5_000 }
}

async fn ask(page: &mut dyn Page, frame: &Frame, call: Call) -> Envelope {
    let envelope = page.ask(frame, &call, soon()).await.unwrap();
    assert!(envelope.ok, "{call:?}\n{envelope:?}");
    envelope
}

async fn go(page: &mut dyn Page, to: &Destination) {
    page.navigate(to, soon()).await.unwrap();
    ask(
        page,
        &Frame::Top,
        Call::Document { ready: Some(Ready::Load), url: None, title: None, wait_ms: 5_000 },
    )
    .await;
}

async fn found(page: &mut dyn Page, frame: &Frame, call: Call) -> Element {
    ask(page, frame, call).await.element.unwrap()
}

async fn click(page: &mut dyn Page, frame: &Frame, selector: &str) {
    let needs = [Need::Visible, Need::Stable, Need::Enabled, Need::Hit];
    let element = found(page, frame, act(selector, &needs, Then::Guard)).await;
    let press = Press { button: Some(Button::Left), count: 1, modifiers: Vec::new() };
    let pressed = page.press(frame, &element, &press, soon()).await.unwrap();
    assert_eq!(pressed, Some(Landed::Hit));
}

async fn text(page: &mut dyn Page, frame: &Frame, selector: &str) -> String {
    let call = Call::Read { query: css(selector), take: Reading::Text, wait_ms: 2_000 };
    ask(page, frame, call).await.value.as_str().unwrap().to_owned()
}

const FORM: &str = "<input id=user value=old><input id=other><button id=go>Go</button><p id=out></p>
    <script>
    go.onclick = e => { out.textContent = `clicked ${user.value} ${e.isTrusted}` };
    user.addEventListener('input', e => { window.inputs = (window.inputs || '') + e.inputType + e.isTrusted + ';' });
    other.onkeydown = e => { out.textContent += `${e.key}/${e.code}/${e.keyCode} ` };
    </script>";

#[tokio::test(flavor = "multi_thread")]
async fn clicks_texts_and_keys_are_native_and_trusted() {
    let world = World::start(1, &[("form.html", FORM)]).await;
    let mut lease = world.lease().await;
    let page = lease.page();
    go(page, &world.url("form.html")).await;
    let top = Frame::Top;
    let fill = Then::Fill { value: "grüße".to_owned() };
    let field = ask(page, &top, act("#user", &[Need::Visible, Need::Editable], fill)).await;
    assert_eq!(field.value, json!("set"));
    click(page, &top, "#go").await;
    assert_eq!(text(page, &top, "#out").await, "clicked grüße true");
    let inputs = page.script(&top, "return window.inputs", &[], soon()).await.unwrap();
    assert_eq!(inputs, json!("insertTexttrue;"));

    found(page, &top, act("#other", &[Need::Visible], Then::Focus)).await;
    let keys =
        ["a", "Enter", "?"].map(|key| Key { modifiers: vec![], key: key.to_owned(), pause: Duration::ZERO });
    page.keys(&top, None, &keys, soon()).await.unwrap();
    assert_eq!(text(page, &top, "#out").await, "clicked grüße truea/KeyA/65 Enter/Enter/13 ?/Slash/191");
    lease.release().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_scripts_and_errors_are_told_apart() {
    let pages = [
        ("one.html", "<h1>one</h1>"),
        ("two.html", "<h1>two</h1><script>history.pushState(1, '', '#x')</script>"),
    ];
    let world = World::start(1, &pages).await;
    let mut lease = world.lease().await;
    let page = lease.page();
    let top = Frame::Top;
    go(page, &world.url("one.html")).await;
    go(page, &world.url("two.html")).await;
    go(page, &Destination::History(History::Reload)).await;
    for expected in ["two", "two", "one"] {
        // Reload pushed the same state again: two moves within the document, then one across documents.
        go(page, &Destination::History(History::Back)).await;
        assert_eq!(text(page, &top, "h1").await, expected);
    }
    let no_further = page.navigate(&Destination::History(History::Back), soon()).await;
    go(page, &Destination::History(History::Forward)).await;
    assert!(
        no_further.is_ok() || no_further == Err(Fault::Refused("there is no page to go back to".to_owned()))
    );

    assert_eq!(page.script(&top, "return args[0] + await 2", &[json!(1)], soon()).await.unwrap(), json!(3));
    let thrown = page.script(&top, "throw new TypeError('no')", &[], soon()).await.unwrap_err();
    assert!(
        matches!(&thrown, Fault::Script { message } if message.starts_with("TypeError: no")),
        "{thrown:?}"
    );
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = page.navigate(&Destination::Url(format!("http://{closed}/")), soon()).await;
    assert_eq!(refused, Err(Fault::Navigation("net::ERR_CONNECTION_REFUSED".to_owned())));
    lease.release().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_are_entered_clicked_and_scripted() {
    let outer =
        "<div style='height:900px'></div><iframe id=f src=inner.html style='margin-left:120px'></iframe>";
    let inner = "<button id=b onclick=\"this.textContent='in '+event.isTrusted\">press</button><script>var own=7</script>";
    let world = World::start(1, &[("outer.html", outer), ("inner.html", inner)]).await;
    let mut lease = world.lease().await;
    let page = lease.page();
    go(page, &world.url("outer.html")).await;
    let element = found(page, &Frame::Top, act("#f", &[], Then::Keep)).await;
    assert!(element.frame);
    let frame = page.enter(&Frame::Top, &element, soon()).await.unwrap();
    click(page, &frame, "#b").await;
    assert_eq!(text(page, &frame, "#b").await, "in true");
    assert_eq!(page.script(&frame, "return own", &[], soon()).await.unwrap(), json!(7));
    lease.release().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_answered_from_the_queue_and_otherwise_dismissed() {
    let world = World::start(1, &[("p.html", "<p id=out></p>")]).await;
    let mut lease = world.lease().await;
    let page = lease.page();
    go(page, &world.url("p.html")).await;
    page.answer_next_prompt(PromptAnswer { accept: true, text: Some("Ann".to_owned()) });
    let answers =
        page.script(&Frame::Top, "return [prompt('name?'), confirm('sure?')]", &[], soon()).await.unwrap();
    assert_eq!(answers, json!(["Ann", false]));
    let seen: Vec<_> = page
        .take_prompts()
        .into_iter()
        .map(|it| (it.kind, it.message.raw().to_owned(), it.answer.is_some()))
        .collect();
    assert_eq!(
        seen,
        [("prompt".to_owned(), "name?".to_owned(), true), ("confirm".to_owned(), "sure?".to_owned(), false)]
    );
    lease.release().await;
    world.end().await;
}

/// One slot in an endless loop, one behind an alert that its page opens again and again, one whose renderer dies for
/// want of memory: the others do not notice, and the session of each is of use again.
#[tokio::test(flavor = "multi_thread")]
async fn slots_cannot_disturb_each_other() {
    let pages = [
        ("loop.html", "<script>setTimeout(() => { while (true) {} }, 50)</script>"),
        ("alert.html", "<script>setInterval(() => alert('again'), 5)</script>"),
        (
            "greedy.html",
            "<script>setTimeout(() => { const all = []; for (;;) all.push(new Array(1e5).fill(0)) }, 50)</script>",
        ),
        ("good.html", FORM),
    ];
    let world = Arc::new(World::start(5, &pages).await);
    let (mut looping, mut alerting, mut crashing) =
        (world.lease().await, world.lease().await, world.lease().await);
    for (lease, name) in
        [(&mut looping, "loop.html"), (&mut alerting, "alert.html"), (&mut crashing, "greedy.html")]
    {
        lease.page().navigate(&world.url(name), soon()).await.unwrap();
    }
    let stuck = Deadline::after("command", Duration::from_millis(500));
    let (in_loop, in_alert, crashed) = tokio::join!(
        looping.page().script(&Frame::Top, "await new Promise(r => setTimeout(r, 100))", &[], stuck),
        alerting.page().script(&Frame::Top, "return 1", &[], soon()),
        crashing.page().script(&Frame::Top, "await new Promise(() => {})", &[], soon()),
    );
    assert!(matches!(in_loop, Err(Fault::PageStuck(_))), "{in_loop:?}");
    assert_eq!(in_alert, Ok(json!(1)));
    assert_eq!(crashed, Err(Fault::Crashed));

    let mut good = Vec::new();
    for _ in 0..4 {
        let world = Arc::clone(&world);
        good.push(tokio::spawn(async move {
            for _ in 0..5 {
                let mut lease = world.lease().await;
                go(lease.page(), &world.url("good.html")).await;
                click(lease.page(), &Frame::Top, "#go").await;
                assert_eq!(text(lease.page(), &Frame::Top, "#out").await, "clicked old true");
                lease.release().await;
            }
        }));
    }
    for one in good {
        one.await.unwrap();
    }
    for lease in [looping, alerting, crashing] {
        lease.release().await;
    }
    for _ in 0..6 {
        let mut lease = world.lease().await;
        go(lease.page(), &world.url("good.html")).await;
        lease.release().await;
    }
    let Some(world) = Arc::into_inner(world) else { panic!("somebody still holds the world") };
    world.end().await;
}

/// The frame may run no script, so that nothing but being asked makes a world in it.
const SILENT_FRAME: &str = "<p id=out>outer</p><iframe sandbox srcdoc='<p id=out>inner</p>'></iframe>
    <script>globalThis.__batchrun = () => ({ok: false}); Object.freeze(globalThis.__batchrun)</script>";

#[tokio::test(flavor = "multi_thread")]
async fn every_document_is_asked_however_it_came() {
    let world = World::start(1, &[("frame.html", SILENT_FRAME), ("form.html", FORM)]).await;
    let mut lease = world.lease().await;
    let page = lease.page();
    let top = Frame::Top;
    // The document that is there before anybody went anywhere.
    let blank = Call::Read { query: css("body"), take: Reading::Count, wait_ms: 0 };
    assert_eq!(ask(page, &top, blank).await.value, json!(1));
    go(page, &world.url("frame.html")).await;
    assert_eq!(text(page, &top, "#out").await, "outer");
    let frame = found(page, &top, act("iframe", &[], Then::Keep)).await;
    let inner = page.enter(&top, &frame, soon()).await.unwrap();
    assert_eq!(text(page, &inner, "#out").await, "inner");
    // A move within the document keeps its world.
    let before = ask(page, &top, act("#out", &[], Then::Nothing)).await.document;
    go(page, &world.url("frame.html#there")).await;
    assert_eq!(ask(page, &top, act("#out", &[], Then::Nothing)).await.document, before);
    // Another site, another process; and the page goes on by itself.
    go(page, &Destination::Url("data:text/html,<p id=out>data".to_owned())).await;
    assert_eq!(text(page, &top, "#out").await, "data");
    go(page, &world.url("frame.html")).await;
    page.script(&top, "location = 'form.html'", &[], soon()).await.unwrap();
    let fill = Then::Fill { value: "at last".to_owned() };
    let mut tries = 0..10;
    let filled = loop {
        match page.ask(&top, &act("#user", &[Need::Visible], fill.clone()), soon()).await {
            Err(Fault::DocumentGone) if tries.next().is_some() => {}
            answer => break answer.unwrap(),
        }
    };
    assert_eq!((filled.ok, filled.value), (true, json!("set")), "{:?}", filled.failure);
    click(page, &top, "#go").await;
    assert_eq!(text(page, &top, "#out").await, "clicked at last true");
    lease.release().await;
    world.end().await;
}

/// The button jumps away from under the pointer. What is where it was counts the presses that it gets.
const FLEEING: &str =
    "<div id=under style='position:absolute;left:100px;top:100px;width:200px;height:60px'></div>
    <button id=b style='position:absolute;left:100px;top:100px;width:200px;height:60px'>catch me</button>
    <p id=out style='margin-top:300px'>nothing</p>
    <script>
    b.onmouseover = () => { b.style.left = '400px' };
    for (const type of ['pointerdown', 'mousedown', 'mouseup', 'click']) {
        under.addEventListener(type, () => { out.textContent = type });
        document.addEventListener(type, () => { out.textContent = type });
    }
    </script>";

#[tokio::test(flavor = "multi_thread")]
async fn a_press_under_way_is_held_back_when_the_element_jumps_away() {
    let world = World::start(1, &[("fleeing.html", FLEEING)]).await;
    let mut lease = world.lease().await;
    let page = lease.page();
    let top = Frame::Top;
    go(page, &world.url("fleeing.html")).await;
    let needs = [Need::Visible, Need::Stable, Need::Enabled, Need::Hit];
    for count in [1, 2] {
        page.script(&top, "b.style.left = '100px'", &[], soon()).await.unwrap();
        let element = found(page, &top, act("#b", &needs, Then::Guard)).await;
        let press = Press { button: Some(Button::Left), count, modifiers: Vec::new() };
        let told = page.press(&top, &element, &press, soon()).await.unwrap().unwrap();
        assert!(matches!(told, Landed::Missed(_)), "{count}: {told:?}");
        assert_eq!(text(page, &top, "#out").await, "nothing");
        // The pointer leaves, so that it can come over the button again.
        let away = found(page, &top, act("#out", &needs, Then::Nothing)).await;
        let only_there = Press { button: None, count: 0, modifiers: Vec::new() };
        assert!(page.press(&top, &away, &only_there, soon()).await.unwrap().is_none());
    }
    lease.release().await;
    world.end().await;
}

/// The width and height of a picture.
fn size(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_off_the_screen_is_made_smaller_and_photographed_all_the_same() {
    const BOX: &str = "<aside style='width: 200px; height: 100px; background: teal'></aside>";
    for is_smaller in [false, true] {
        let world = World::placed(Placing::OffScreen, 1, &[("a.html", BOX)]).await;
        let mut lease = world.lease().await;
        let page = lease.page();
        go(page, &world.url("a.html")).await;
        assert_eq!(size(&page.screenshot(None, soon()).await.unwrap()), (1280, 720));
        if is_smaller {
            page.resize(Viewport { width: 390, height: 500 }, soon()).await.unwrap();
            assert_eq!(size(&page.screenshot(None, soon()).await.unwrap()), (390, 500));
        }
        let element = found(page, &Frame::Top, act("aside", &[], Then::Keep)).await;
        let of_it = page.screenshot(Some((&Frame::Top, &element)), soon()).await.unwrap();
        assert_eq!(size(&of_it), (200, 100));
        lease.release().await;
        world.end().await;
    }
}
