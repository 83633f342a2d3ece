//! What is said of the page when a locator has found nothing: what may have been meant, and no more than a little of it.

use crate::lab::{BRIEF, Lab, act, parts, why};
use batchrun::browser::engine::{Call, Envelope, Then};
use serde_json::{Value, json};

/// What is near, as `locator | why`.
fn near(envelope: &Envelope) -> Vec<String> {
    let failure = envelope.failure.as_ref().unwrap_or_else(|| panic!("it did not fail: {envelope:?}"));
    let shown = failure.candidates.iter().map(|it| {
        if it.why.is_empty() { it.locator.clone() } else { format!("{} | {}", it.locator, it.why) }
    });
    shown.collect()
}

async fn near_to(lab: &mut Lab, query: &Value) -> Vec<String> {
    let answer = lab.ask(&act(query, &[], Then::Nothing, 0)).await;
    assert_eq!(why(&answer).0, "missing", "{query}: {answer:?}");
    near(&answer)
}

const PAGE: &str = "<body><form id=login class='narrow card'><label>User name <input id=user></label>\
    <input placeholder='Search the shop' name=q><input type=checkbox id=terms aria-label='Terms accepted'>\
    <button class=primary data-testid=sign-in>Sign in</button></form><a href=/up>Sign up</a>\
    <button hidden id=save>Save</button><p class=total>Total: 12</p><ul class=list><li>one</li><li>two</li></ul>\
    <img alt='The logo' src=data:,>";

#[tokio::test]
async fn what_is_missing_is_told_with_what_may_be_meant() {
    let mut lab = Lab::of(PAGE).await;
    let table = [
        // The same name in another role, another name in the same role.
        (
            json!({"by": "role", "role": "button", "name": {"contains": "Sign up"}}),
            vec!["role=link[name='Sign up']", "role=button[name='Sign in']"],
        ),
        (
            json!({"by": "role", "role": "button", "name": {"exact": "sign in"}}),
            vec!["role=button[name='Sign in']", "role=link[name='Sign up']"],
        ),
        (
            json!({"by": "role", "role": "button", "name": {"exact": "Save"}}),
            vec!["role=button[name='Save'] | is hidden (`display: none`)"],
        ),
        (
            json!({"by": "role", "role": "checkbox", "name": {"exact": "Terms accepted"}, "checked": true}),
            vec!["role=checkbox[name='Terms accepted'] | its `checked` is `false`"],
        ),
        (json!({"by": "role", "role": "heading"}), vec![]),
        // The same text but for case, and as a part.
        (json!({"by": "text", "text": {"exact": "Sign In"}}), vec!["text='Sign in'", "text='Sign up'"]),
        (json!({"by": "text", "text": {"exact": "Total"}}), vec!["text='Total: 12'"]),
        (json!({"by": "text", "text": {"contains": "Search"}}), vec!["role=textbox[name='Search the shop']"]),
        // A few letters.
        (json!({"by": "label", "text": {"contains": "Usr name"}}), vec!["label='User name'"]),
        (
            json!({"by": "placeholder", "text": {"contains": "serch the shop"}}),
            vec!["placeholder='Search the shop'"],
        ),
        (
            json!({"by": "testid", "attribute": "data-testid", "text": {"exact": "signin"}}),
            vec!["testid=sign-in", "role=link[name='Sign up']"],
        ),
        (json!({"by": "id", "value": "usr"}), vec!["id=user"]),
        (json!({"by": "alt", "text": {"contains": "teh logo"}}), vec!["alt='The logo'"]),
        // Selectors: a name that is nearly right, else as far as they match.
        (json!({"by": "css", "value": "form#login > button.primry"}), vec!["form#login > button.primary"]),
        (json!({"by": "css", "value": "#logn button"}), vec!["#login button"]),
        (json!({"by": "css", "value": "form > #user"}), vec!["form #user"]),
        (
            json!({"by": "css", "value": "form#login > .footer button[type='a b']"}),
            vec!["form#login | up to here the selector matches, with `> .footer` no more"],
        ),
        // A text that was meant and is a selector as it stands.
        (
            json!({"by": "css", "value": "Sign up"}),
            vec![
                "text='Sign up' | without `text=` it is a CSS selector",
                "text='Sign in' | without `text=` it is a CSS selector",
            ],
        ),
        // Filters: what they were given.
        (
            json!([{"by": "css", "value": ".list li"}, {"by": "nth", "index": 2}]),
            vec!["text='one' | only 2 are there", "text='two' | only 2 are there"],
        ),
        (
            json!([{"by": "css", "value": "#save"}, {"by": "visible"}]),
            vec!["text='Save' | is hidden (`display: none`)"],
        ),
        (
            json!([{"by": "css", "value": "ul"}, {"by": "text", "text": {"contains": "Sign up"}}]),
            vec!["text='Sign up' | outside of what the part before finds"],
        ),
        // Nothing is near.
        (json!({"by": "text", "text": {"contains": "Checkout now"}}), vec![]),
        (json!({"by": "xpath", "value": "//table"}), vec![]),
    ];
    let (mut found, mut wanted) = (Vec::new(), Vec::new());
    for (query, expected) in table {
        found.push(format!("{query} {:?}", near_to(&mut lab, &query).await));
        wanted.push(format!("{query} {expected:?}"));
    }
    assert_eq!(found.join("\n"), wanted.join("\n"));
}

#[tokio::test]
async fn what_is_in_another_frame_is_told_with_the_frame() {
    let mut lab =
        Lab::of("<body><button>Outside</button><iframe id=pay srcdoc='<button>Pay</button>'></iframe>").await;
    let button = |name: &str| json!({"by": "role", "role": "button", "name": {"exact": name}});
    let inside = near_to(&mut lab, &button("Pay")).await;
    assert_eq!(inside[0], "frame=iframe#pay >> … | it is in this frame", "{inside:?}");
    lab.enter_frame().await;
    let outside = near_to(&mut lab, &button("Outside")).await;
    assert_eq!(outside[0], " | outside of the frame that was looked into", "{outside:?}");

    lab.show("<body><iframe name=pay src='http://localhost:{port}/pay'></iframe>").await;
    assert_eq!(
        near_to(&mut lab, &button("Pay")).await,
        ["frame=iframe[name='pay'] >> … | what is in this frame cannot be seen from here"]
    );
}

#[tokio::test]
async fn what_is_near_is_little_and_of_no_secret_length() {
    let many = "<button>Sign in</button>".repeat(500);
    let long = format!("Sign in {}", "x".repeat(80));
    let mut lab = Lab::of(&format!("<body><p>{long}</p>{many}")).await;
    let query = json!({"by": "role", "role": "button", "name": {"exact": "Sign on"}});
    assert_eq!(
        near_to(&mut lab, &query).await,
        ["role=button[name='Sign in']"],
        "what is the same is told once"
    );
    let query = json!({"by": "text", "text": {"exact": "Sign in x"}});
    assert!(
        near_to(&mut lab, &query).await.iter().all(|it| it.len() < 80),
        "long texts are left out, not cut"
    );

    let numbered = (0..20).map(|n| format!("<button>Item {n}</button>")).collect::<Vec<_>>().concat();
    lab.show(&format!("<body>{numbered}")).await;
    let query = json!({"by": "role", "role": "button", "name": {"exact": "Item 77"}});
    assert_eq!(near_to(&mut lab, &query).await.len(), 3);

    // As far as it looks; the answer does not wait for the rest of a huge page.
    let huge = "<i>nothing</i>".repeat(20_000);
    lab.show(&format!("<body>{huge}<button>Sign in</button>")).await;
    let query = json!({"by": "role", "role": "button", "name": {"exact": "Sign on"}});
    assert_eq!(near_to(&mut lab, &query).await, [""; 0]);
    // Nor is anything tried there that takes long: matches are told by their places.
    lab.show(&format!("<body>{huge}<button>Save</button><button>Save as</button>")).await;
    let several = lab.ask(&act(&json!({"by": "css", "value": "button"}), &[], Then::Nothing, 0)).await;
    assert_eq!(
        (why(&several).0, near(&several)),
        ("ambiguous", vec!["button:nth-of-type(1)".to_owned(), "button:nth-of-type(2)".to_owned()])
    );
}

#[tokio::test]
async fn what_is_near_is_looked_for_once_and_not_while_waiting() {
    let mut lab = Lab::of("<body><button>Sign in</button>").await;
    let query = json!({"by": "role", "role": "button", "name": {"exact": "Sign on"}});
    let waited = lab.ask(&act(&query, &[], Then::Nothing, BRIEF)).await;
    assert_eq!((near(&waited), waited.seen.len()), (vec!["role=button[name='Sign in']".to_owned()], 1));

    // Whoever waits for several is told, too; a condition takes what there is.
    let count = lab.look(&query, json!({"count": {"op": "==", "n": 2}})).await;
    assert_eq!((why(&count).0, near(&count)), ("mismatch", vec!["role=button[name='Sign in']".to_owned()]));
    let call =
        Call::Check { query: parts(&query), matchers: json!({"visible": true, "any": true}), wait_ms: 0 };
    let condition = lab.ask(&call).await;
    assert_eq!((why(&condition).0, near(&condition)), ("missing", vec![]));
}
