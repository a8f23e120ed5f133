//! The engine's log and world in the words of the model.

use super::log::{Line, in_order};
use wayfare::check::checked::Checked;
use wayfare::engine::effect::{Exited, LogEntry, LogKind, NotEnrolled, Prepared, Skipped};
use wayfare::engine::entity::RunState;
use wayfare::engine::world::{Eid, World};
use wayfare::plan::Plan;
use wayfare::value::Value;

/// The engine's log as the model would write it.
pub fn lines(plan: &Plan, world: &World, log: &[LogEntry]) -> Vec<Line> {
    // What is only noted is no doing of the model's: tests/cases/histories hold it.
    let log = log.iter().filter(|entry| !matches!(entry.kind, LogKind::Noted(_)));
    in_order(log.map(|entry| line(plan, world, entry)).collect())
}

fn line(plan: &Plan, world: &World, entry: &LogEntry) -> Line {
    let workflow = entry.workflow.and_then(|at| plan.version(at, entry.version));
    let step =
        entry.step.zip(workflow).map(|(step, workflow)| workflow.steps[step as usize].name().to_string());
    let (kind, detail) = words(&entry.kind);
    Line {
        at: entry.at,
        workflow: workflow.map_or(String::new(), |workflow| workflow.name.to_string()),
        entity: name(world, entry.entity),
        number: entry.number,
        step: step.unwrap_or_default(),
        kind,
        detail,
        shadow: entry.shadow,
    }
}

fn name(world: &World, eid: Eid) -> String {
    let entity = world.entity(eid);
    super::name(&(entity.subject, entity.id.clone()))
}

fn words(kind: &LogKind) -> (&'static str, String) {
    match kind {
        LogKind::Enrolled(_) => ("enrolled", String::new()),
        LogKind::NotEnrolled(why) => ("not-enrolled", not_enrolled(why)),
        LogKind::Waiting(until) => {
            ("waiting", if *until == wayfare::base::Instant::MAX { "-".into() } else { until.to_string() })
        }
        LogKind::Action(prepared) => ("action", action(prepared)),
        LogKind::Skipped(why) => ("skipped", skipped(why).into()),
        LogKind::Failed(why) => ("failed", why.to_string()),
        LogKind::Exited(Exited::Stopped(by)) => ("exited", format!("stopped by {by}")),
        LogKind::Exited(Exited::When(text)) => ("exited", format!("when {text}")),
        LogKind::Exited(why) => ("exited", exited(why).into()),
        LogKind::Finished => ("finished", String::new()),
        LogKind::Goal(text) => ("goal", text.to_string()),
        LogKind::Row(_) => ("outbox", String::new()),
        LogKind::Noted(_) => ("noted", String::new()),
        LogKind::Arm(arm) => ("arm", arm.to_string()),
        LogKind::Fact(fact) => ("fact", format!("{}: {:?} -> {:?}", fact.name, fact.from, fact.to)),
    }
}

fn not_enrolled(why: &NotEnrolled) -> String {
    match why {
        NotEnrolled::OnlyIf => "if".into(),
        NotEnrolled::Once => "once".into(),
        NotEnrolled::AlreadyIn => "already in".into(),
        NotEnrolled::Pause(over) => format!("pause {over}"),
        NotEnrolled::ExitTrue(text) => format!("exit {text}"),
        NotEnrolled::GoalTrue(text) => format!("goal {text}"),
        NotEnrolled::NoKey => "no key".into(),
        NotEnrolled::Disabled => "disabled".into(),
        NotEnrolled::Removed => "removed".into(),
    }
}

fn skipped(why: &Skipped) -> &'static str {
    match why {
        Skipped::Guard => "guard",
        Skipped::NoRecipient => "nobody",
        Skipped::Limit(_) => "limit",
        Skipped::EmptyTeam => "empty team",
        Skipped::Past => "past",
        Skipped::Passed => "passed",
        Skipped::Backfill => "backfill",
        Skipped::Suppressed(..) => "suppressed",
        Skipped::TooDeep(_) => "too deep",
    }
}

fn exited(why: &Exited) -> &'static str {
    match why {
        Exited::Step => "step",
        Exited::WaitElse => "else exit",
        Exited::Restarted => "restarted",
        Exited::ByHand => "by hand",
        Exited::Deleted => "deleted",
        Exited::EditedAway => "edited away",
        Exited::Disabled => "disabled",
        Exited::WentLive => "went live",
        Exited::Failed => "failed",
        Exited::Merged => "merged",
        Exited::When(_) | Exited::Stopped(_) => "",
    }
}

fn action(prepared: &Prepared) -> String {
    let name = &*prepared.name;
    let named = |(name, value): &(std::sync::Arc<str>, Value)| format!("{name}={value:?}");
    let text = |value: Option<&(std::sync::Arc<str>, Value)>| match value {
        Some((_, Value::Text(text))) => text.to_string(),
        _ => String::new(),
    };
    match (prepared.action.is_some(), name) {
        (false, "add tag" | "remove tag") => name.to_owned(),
        (false, "set" | "assign") => {
            format!("{name} {}", prepared.args.iter().map(named).collect::<Vec<_>>().join(" "))
        }
        (false, "record") => {
            let fields: String = prepared.args.iter().skip(1).map(|arg| format!(" {}", named(arg))).collect();
            format!("record {}{fields}", text(prepared.args.first()))
        }
        (false, _) => {
            let ids = match prepared.args.get(1) {
                Some((_, Value::List(ids))) => {
                    ids.iter().map(|id| text(Some(&("".into(), id.clone())))).collect()
                }
                _ => Vec::new(),
            };
            format!("{name} {} for {}", text(prepared.args.first()), ids.join(","))
        }
        (true, _) => {
            let to = prepared.to.as_ref().map_or(String::new(), |to| format!(" to {to}"));
            let values: Vec<&Value> = prepared.args.iter().map(|(_, value)| value).collect();
            let missing: Vec<&str> = prepared.missing.iter().map(|path| &**path).collect();
            format!("{name}{to} {values:?} missing {missing:?}")
        }
    }
}

/// The engine's world as [`super::Model::state`] lists it.
pub fn state(checked: &Checked, plan: &Plan, world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    for (eid, entity) in world.iter() {
        let whose = name(world, eid);
        for link in entity.accounts() {
            lines.push(format!("{whose} of {}", world.entity(link.account).id));
        }
        if !entity.created {
            continue;
        }
        for run in &entity.runs {
            let waits = matches!(run.state, RunState::Waiting { .. });
            let workflow = &plan.workflows[run.workflow as usize].name;
            lines.push(format!("{whose} in {workflow} #{} shadow {} waits {waits}", run.number, run.shadow));
        }
        let fields = plan.layout.schema(entity.subject).fields();
        for (slot, field) in fields.iter().enumerate().skip(1) {
            let value = entity.snapshot.value(slot as u16);
            if !value.is_missing() {
                lines.push(format!("{whose} {} = {value:?}", field.name));
            }
        }
        for (at, segment) in checked.segments.iter().filter(|(_, segment)| segment.subject == entity.subject)
        {
            if entity.bits.get(plan.layout.bit(at)) {
                lines.push(format!("{whose} segment {} = {:?}", segment.name, Value::Bool(true)));
            }
        }
    }
    lines.sort();
    lines
}
