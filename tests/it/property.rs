//! The engine against the reference model: the same projects and histories, the same logs and states.

use super::model::compare;
use super::model::project::Project;
use super::model::{Line, Model};
use wayfare::base::Instant;
use wayfare::engine::{Input, World, apply};

/// What differed first.
struct Difference {
    /// Which input, in order.
    input: usize,
    /// The logs so far.
    model: Vec<Line>,
    engine: Vec<Line>,
    /// Lines of the state that only the model, only the engine has.
    state: Vec<String>,
}

/// Runs both over a history, and looks at log and state behind every input.
fn run(project: &Project, history: &[Input], brute: bool) -> Result<(), Box<Difference>> {
    let mut model = Model::new(&project.checked, &project.sources);
    model.brute = brute;
    let mut world = World::new();
    world.log_facts = true;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (input, message) in history.iter().enumerate() {
        let expected = model.apply(message);
        let effects = apply(&mut world, &project.plan, message);
        let found = compare::lines(&project.plan, &world, &effects.log);
        let same = expected == found;
        ours.extend(expected);
        theirs.extend(found);
        let (mine, its) = (model.state(), compare::state(&project.checked, &project.plan, &world));
        if !same || mine != its {
            let only = |a: &[String], b: &[String], sign| a.iter().filter(|line| !b.contains(line)).map(|line| format!("{sign} {line}")).collect::<Vec<_>>();
            let state = [only(&mine, &its, "model "), only(&its, &mine, "engine")].concat();
            return Err(Box::new(Difference { input, model: ours, engine: theirs, state }));
        }
    }
    Ok(())
}

#[test]
fn a_hand_written_history_is_the_same_in_both() {
    let text = r#"
attributes of account { status one of (trial, paid)  seats number }
event "Login" { }
segment "Trial" of account where status = trial
segment "Quiet" of account where did not "Login" in last 3d
workflow "W" {
  live
  when account enters segment "Trial"
  every time
  do
    set seats: 3
    wait 2d
    set seats: 4 if seats = 3
  exit when status = paid
}
"#;
    let project = Project::read(text, "UTC").unwrap();
    let at = |text: &str| Instant::parse(text).unwrap();
    let group = |time: &str, traits: &str| {
        let kind = wayfare::engine::InputKind::Group { account: "a".into(), contact: None, traits: traits.into(), time: at(time) };
        Input { at: at(time), kind }
    };
    let history = [
        group("2026-01-05T09:00Z", r#"{"status":"trial"}"#),
        group("2026-01-06T09:00Z", r#"{"status":"paid"}"#),
        group("2026-01-07T09:00Z", r#"{"status":"trial"}"#),
        Input { at: at("2026-02-01T09:00Z"), kind: wayfare::engine::InputKind::Tick },
    ];
    if let Err(difference) = run(&project, &history, true) {
        panic!("{}", shown(text, &history, &difference));
    }
}

fn shown(text: &str, history: &[Input], difference: &Difference) -> String {
    let inputs = history.iter().enumerate().map(|(at, input)| format!("{at}: {} {:?}", input.at, input.kind));
    let both = difference.model.len().max(difference.engine.len());
    let side = |list: &[Line], at: usize| list.get(at).map_or("-".to_owned(), |line| format!("{line:?}"));
    let logs = (0..both).map(|at| {
        let (model, engine) = (side(&difference.model, at), side(&difference.engine, at));
        if model == engine { format!("    {model}") } else { format!("  M {model}\n  E {engine}") }
    });
    let (inputs, logs): (Vec<String>, Vec<String>) = (inputs.collect(), logs.collect());
    format!(
        "{text}\n{}\nat input {}:\n{}\n{}",
        inputs.join("\n"),
        difference.input,
        logs.join("\n"),
        difference.state.join("\n")
    )
}
