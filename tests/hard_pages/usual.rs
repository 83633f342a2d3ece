//! What real pages do with input, and what a guard of it must not take for trouble.

use crate::support::Project;
use batchrun::serve::StaticSite;

const PAGE: &str = "<!doctype html><meta charset=utf-8><label><input type=checkbox id=agree>I agree</label>
    <input id=a maxlength=1 oninput=b.focus()><input id=b maxlength=1 oninput=c.focus()><input id=c maxlength=1>
    <div id=rich contenteditable></div>
    <button id=menu onmousedown='open_menu()'>Menu</button><output id=opened>0</output>
    <div id=game tabindex=0 onkeydown='event.preventDefault(); moves.textContent += event.key'>Game</div><output id=moves></output>
    <div id=row tabindex=0 onkeydown='this.remove(); removed.textContent++'>Row</div><output id=removed>0</output>
    <a href='?blank' target=_blank>Blank</a> <a href='javascript:void 0'>Nothing</a> <a href='?file' download>File</a>
    <iframe id=frame srcdoc='<button onclick=this.textContent++>0</button><style>button{position:fixed;inset:0}</style>'></iframe>
    <script>
      function open_menu() {
        opened.textContent++;
        const veil = document.createElement('div');
        veil.style = 'position:fixed;inset:0';
        document.body.append(veil);
        setTimeout(() => veil.remove(), 200);
      }
    </script>";

const CASES: &str = r##"
[[case]]
name = "keys that the page takes for itself"
steps = [
  { goto = "/" },
  { type = "#game", value = "wasd" },
  { press = "x", on = "#game" },
  { expect = "#moves", text = "wasdx" },
]
[[case]]
name = "a key that removes what it is pressed on"
steps = [{ goto = "/" }, { press = "d", on = "#row" }, { expect = "#removed", text = "1" }, { press = "x", on = "#frame" }]
[[case]]
name = "keys that move the focus"
steps = [
  { goto = "/" },
  { type = "#a", value = "123" },
  { expect = "#c", value = "3" },
  { type = "#rich", value = "hi" },
  { fill = "#rich", value = "ho" },
  { expect = "#rich", text = "ho" },
]
[[case]]
name = "a menu that opens when it is pressed"
steps = [{ goto = "/" }, { click = "#menu" }, { expect = "#opened", text = "1" }, { click = "label=I agree" }]
[[case]]
name = "a pointer that is there already"
steps = [{ goto = "/" }, { hover = "#menu" }, { hover = "#menu" }, { hover = "#frame" }, { hover = "#frame" }]
[[case]]
name = "a frame that is pressed as a whole"
steps = [{ goto = "/" }, { click = "#frame" }, { expect = "frame=#frame >> css=button", text = "1" }]
[[case]]
name = "links that lead nowhere"
steps = [
  { goto = "/" },
  { click = "text=Nothing" },
  { click = "text=File" },
  { click = "text=Blank" },
  { check = "label=I agree" },
  { goto = "/" },
]
"##;

#[tokio::test(flavor = "multi_thread")]
async fn what_pages_usually_do_is_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), PAGE).unwrap();
    let site = StaticSite::start(folder.path()).await.unwrap();
    let project = Project::new().file("cases.toml", CASES);
    let run = ["cases.toml", "-c", "3", "--base-url", &site.url(), "--progress", "lines"];
    let ended = tokio::task::block_in_place(|| project.run(run));
    assert_eq!(ended.status, Some(0), "{ended}");
}
