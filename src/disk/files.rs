//! How many files, and with them connections, a process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many files this process may have open at one time; none: as many as it likes. What the system lets it ask for is
/// asked for: the usual 1,024 are for programs that can't do with more.
pub fn open_files() -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: maximum, maximum };
    let most =
        if current != maximum && setrlimit(Resource::Nofile, raised).is_ok() { maximum } else { current };
    most.and_then(|most| usize::try_from(most).ok())
}
