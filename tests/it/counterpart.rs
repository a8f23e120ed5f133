//! Other people's programs, where they are installed (`.ci/counterparts`): Python and Node with their packages under
//! `target/counterparts`, Debian's packages where they belong. Where one is missing a test says so and ends, unless
//! `WAYFARE_COUNTERPARTS=1` demands them.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn folder() -> PathBuf {
    let named = std::env::var_os("WAYFARE_COUNTERPARTS_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/counterparts"))
}

/// The path, if it is there; else the test is over, or has failed.
fn installed(path: PathBuf, what: &str) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    let demanded = std::env::var("WAYFARE_COUNTERPARTS").is_ok_and(|demanded| demanded == "1");
    assert!(!demanded, "{what} is demanded and not installed: run .ci/counterparts");
    println!("skipped: {what} is not installed (.ci/counterparts installs it)");
    None
}

/// Python with its packages, and a script of tests/counterparts.
pub(crate) fn python(script: &str) -> Option<Command> {
    let mut command =
        Command::new(installed(folder().join("python/bin/python"), "Python with its packages")?);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts").join(script));
    Some(command)
}

/// A program of a Python package.
pub(crate) fn python_program(name: &str) -> Option<Command> {
    Some(Command::new(installed(folder().join("python/bin").join(name), name)?))
}

/// A program of an npm package, by its path in `node_modules`.
pub(crate) fn node(program: &str) -> Option<Command> {
    let path = installed(folder().join("node_modules").join(program), program)?;
    let mut command = Command::new("node");
    command.arg(path);
    Some(command)
}

/// Node with its packages, and a script of tests/counterparts that needs one of them.
pub(crate) fn script(name: &str, package: &str) -> Option<Command> {
    let packages = installed(folder().join("node_modules").join(package), package)?;
    let mut command = Command::new("node");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counterparts").join(name)).arg(packages);
    Some(command)
}

/// A file of an npm package.
#[cfg(feature = "browser")]
pub(crate) fn npm_file(path: &str) -> Option<PathBuf> {
    installed(folder().join("node_modules").join(path), path)
}

/// A program of a Debian package.
pub(crate) fn debian(path: &str) -> Option<Command> {
    Some(Command::new(installed(PathBuf::from(path), path)?))
}

/// What a program says to an input.
pub(crate) fn answer(mut command: Command, input: &[u8]) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    output: BufReader<Box<dyn Read + Send>>,
}

impl Server {
    /// Started; its output can be read.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(Box::new(child.stdout.take().unwrap()) as Box<dyn Read + Send>);
        Self { child, output }
    }

    /// Its next line.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.output.read_line(&mut line).unwrap() > 0, "the server ended");
        line.trim().to_owned()
    }
}

impl Server {
    /// Waits for its end, if it ends by itself; whether all was well.
    pub(crate) fn ended(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until somebody listens there; asked again and again, since most programs don't say.
pub(crate) fn listening(port: u16) {
    for _ in 0..600 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("nobody listens on port {port}");
}

/// The first of so many ports in a row that nobody listens on.
pub(crate) fn free_ports(count: u16) -> u16 {
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    (0..100)
        .map(|_| free_port())
        .find(|first| (0..count).all(|at| first.checked_add(at).is_some_and(free)))
        .unwrap()
}
