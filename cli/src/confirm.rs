//! Asks a person before something is done.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use crate::failed::Failed;

/// Shows what is about to be done, and goes on once somebody has typed `yes`. `is_confirmed`: without asking.
///
/// # Errors
/// [`Failed`] where the answer is another, or there is no terminal to ask on.
pub fn confirm(about: &str, question: &str, is_confirmed: bool) -> Result<(), Failed> {
    anstream::eprintln!("\n{about}\n");
    if is_confirmed {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failed::new("nothing was done: there is no terminal to ask on").advise("Without asking: --yes"));
    }
    anstream::eprint!("{question}");
    let mut answer = String::new();
    let read = std::io::stderr().flush().and_then(|()| std::io::stdin().lock().read_line(&mut answer));
    match read {
        Ok(_) if answer.trim() == "yes" => Ok(()),
        Ok(_) => Err(Failed::new("nothing was done: the answer was not \"yes\"")),
        Err(error) => Err(Failed::new(format_args!("nothing was done: the answer cannot be read: {error}"))),
    }
}
