//! The project that is run: a folder with so many case files of three steps each.

use std::fs;
use std::io;
use std::path::Path;

/// Files in one folder.
const FOLDER: usize = 100;

/// Writes runner.toml and the case files.
pub(crate) fn write(root: &Path, cases: usize, driver: &str) -> io::Result<()> {
    let settings =
        format!("base_url = \"http://shop.test\"\n\n[[endpoint]]\nurl = \"{driver}\"\ncapacity = 1000\n");
    fs::write(root.join("runner.toml"), settings)?;
    for number in 0..cases {
        let folder = root.join(format!("testcases/orders-{:03}", number / FOLDER));
        if number % FOLDER == 0 {
            fs::create_dir_all(&folder)?;
        }
        fs::write(folder.join(format!("order-{number:05}.toml")), case(number))?;
    }
    Ok(())
}

fn case(number: usize) -> String {
    format!(
        "name = \"Order {number} can be saved\"\n\
         tags = [\"orders\"]\n\
         steps = [\n\
         \x20 {{ goto = \"/orders/{number}\" }},\n\
         \x20 {{ click = \"role=button[name='Save']\" }},\n\
         \x20 {{ expect = \"#message\", text = \"Order {number} was saved\" }},\n\
         ]\n"
    )
}
