//! Frames: where a document lies in those around it, and presses that have to get through them.

use crate::lab::{CLICK, Lab, PATIENT, act, css, why};
use batchrun::browser::engine::Then;

const INNER: &str =
    "<body style='margin:0'><button id=b style='position:absolute;left:10px;top:20px'>x</button>";

#[tokio::test]
async fn a_frame_of_the_same_origin_knows_where_it_lies() {
    let mut lab = Lab::of("<body>").await;
    lab.serve("/inner", INNER);
    lab.show("<body style='margin:0'><iframe id=f src=/inner style='position:absolute;left:100px;top:50px;border:3px solid;padding:4px'></iframe>").await;
    let kept = lab.act(&css("#f"), &[], Then::Keep).await.element.unwrap();
    assert!(kept.frame && !kept.foreign);
    lab.enter_frame().await;
    let answer = lab.act(&css("#b"), CLICK, Then::Guard).await;
    let element = answer.element.unwrap();
    assert_eq!((element.offset, element.foreign, element.frame), ((107.0, 57.0), false, false));
    let (x, y) = element.point.unwrap();
    assert!((element.rect.unwrap().0 - 10.0).abs() < 0.01);
    lab.press((x + element.offset.0, y + element.offset.1)).await;
    let pressed = batchrun::browser::engine::Call::Landed { token: element.token };
    assert_eq!(lab.ask(&pressed).await.value, "hit");
}

#[tokio::test]
async fn what_lies_over_a_frame_covers_what_is_in_it() {
    let mut lab = Lab::of("<body>").await;
    lab.serve("/inner", INNER);
    lab.show("<body><iframe src=/inner></iframe><div id=veil style='position:fixed;inset:0'></div>").await;
    lab.enter_frame().await;
    let covered = lab.ask(&act(&css("#b"), CLICK, Then::Nothing, 0)).await;
    assert_eq!(why(&covered), ("covered", "is in a frame that is covered by `<div id=\"veil\">` there"));
    assert!(lab.meanwhile(&act(&css("#b"), CLICK, Then::Nothing, PATIENT), "veil.remove()").await.ok);
}

#[tokio::test]
async fn a_frame_outside_of_the_viewport_is_scrolled_to() {
    let mut lab = Lab::of("<body>").await;
    lab.serve("/inner", INNER);
    lab.show("<body><div style='height:3000px'></div><iframe src=/inner></iframe><div style='height:3000px'></div>").await;
    lab.enter_frame().await;
    let element = lab.act(&css("#b"), CLICK, Then::Nothing).await.element.unwrap();
    let y = element.point.unwrap().1 + element.offset.1;
    assert!((0.0..600.0).contains(&y), "{y}");
}

#[tokio::test]
async fn a_frame_of_another_origin_is_foreign() {
    let mut lab = Lab::of("<body>").await;
    lab.show("<body><iframe sandbox='allow-scripts' srcdoc=\"<button id=b>x</button>\"></iframe>").await;
    lab.enter_frame().await;
    let element = lab.act(&css("#b"), CLICK, Then::Nothing).await.element.unwrap();
    assert!(element.foreign, "a sandboxed document has an origin of its own");
    assert_eq!(element.offset, (0.0, 0.0));
}
