//! What the world says of a row: which way it goes, and all that sending it takes.
//!
//! Asked of the core, so that it is as the last durable record left it. Kept values are those that the row's step names,
//! in the text that prepared it.

use super::pools::Route;
use super::rates::Limit;
use crate::engine::effect::Prepared;
use crate::engine::outbox::{Row, RowState, Sent, call_of};
use crate::engine::{Eid, RowId};
use crate::plan::expr::ExprId;
use crate::plan::{ActionId, ActionPlan, BuiltInAction, Plan, Subject};
use crate::runtime::core::Core;
use crate::runtime::posted::Posted;
use crate::value::Value;
use std::sync::Arc;
use std::time::Duration;

/// What sending a row takes.
pub(super) struct Job {
    pub id: RowId,
    pub row: Row,
    pub prepared: Arc<Prepared>,
    pub plan: Arc<Plan>,
    /// Values that its step keeps of the answer.
    pub keep: Vec<(Arc<str>, ExprId)>,
    /// Earlier messages of its enrolment to the same contact, oldest first.
    pub earlier: Vec<Arc<Posted>>,
    /// Whether opens and clicks may be counted: the contact has no `do_not_track` that is true.
    pub tracked: bool,
}

/// A row that can't be sent, for good or for now.
pub(super) struct Lost(pub String);

impl Job {
    /// The row, if an attempt of it is under way.
    pub fn find(core: &mut Core, id: RowId) -> Option<Result<Self, Lost>> {
        let row = row(core, id).filter(|row| row.state == RowState::Sending)?;
        let prepared = match core.body(id) {
            Ok(Some(prepared)) => prepared,
            Ok(None) => return Some(Err(Lost("what was to be sent is lost".into()))),
            Err(error) => return Some(Err(Lost(error.to_string()))),
        };
        let plan = Arc::clone(&core.plan);
        let workflow = plan.version(row.workflow, row.version);
        let calls = call_of(&plan, &row).map(|(_, call)| &call.keep).into_iter().flatten();
        let named = |(place, value): &(u16, ExprId)| {
            Some((Arc::clone(workflow?.kept.get(usize::from(*place))?), *value))
        };
        let keep = calls.filter_map(named).collect();
        let (earlier, tracked) = (earlier(core, id, &row), tracked(core, row.contact));
        Some(Ok(Self { id, row, prepared, plan, keep, earlier, tracked }))
    }

    /// An argument that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        text(&self.prepared, name)
    }
}

fn earlier(core: &Core, id: RowId, row: &Row) -> Vec<Arc<Posted>> {
    let outbox = core.world.entity(id.entity).outbox.as_ref();
    let same = |sent: &&Sent| {
        (sent.workflow, sent.enrolment, sent.contact) == (row.workflow, row.enrolment, row.contact)
    };
    let sent = outbox.into_iter().flat_map(|outbox| &outbox.sent).filter(same);
    let rows = sent.map(|sent| RowId { entity: id.entity, number: sent.number });
    rows.filter_map(|row| core.posted_row(row).ok().flatten()).collect()
}

/// Without the attribute everybody is.
fn tracked(core: &Core, contact: Option<Eid>) -> bool {
    let Some(contact) = contact else { return false };
    let fields = core.plan.layout.schema(Subject::Contact).fields();
    let slot = fields.iter().position(|field| &*field.name == "do_not_track");
    let value = slot.map(|slot| core.world.entity(contact).snapshot.value(slot as u16));
    !matches!(value, Some(Value::Bool(true)))
}

/// An argument that is a text.
pub(super) fn text<'p>(prepared: &'p Prepared, name: &str) -> Option<&'p str> {
    prepared.args.iter().find_map(|(known, value)| match value {
        Value::Text(text) if **known == *name => Some(&**text),
        _ => None,
    })
}

fn row(core: &Core, id: RowId) -> Option<Row> {
    let is_known = (id.entity.0 as usize) < core.world.len();
    is_known.then(|| core.world.entity(id.entity).outbox.as_ref()?.row(id.number).cloned()).flatten()
}

/// How pools are cut.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// Workers of one pool at most.
    pub most: usize,
    /// Workers for e-mail at most.
    pub mail: usize,
    /// The action that sends e-mail, if one does.
    pub provider: Option<Arc<str>>,
}

/// Which way a row goes, if it is still there.
pub(super) fn route(core: &Core, id: RowId, cut: &Cut) -> Option<Route> {
    let row = row(core, id)?;
    let prepared = core.body(id).ok().flatten().unwrap_or_default();
    let (lane, plan) = (&row.lane, &*core.plan);
    let mail = |most| {
        let service = cut.provider.as_ref().and_then(|name| declared(plan, name));
        let limits = service.map(|service| limits(plan, service, &prepared)).unwrap_or_default();
        Route { pool: "mail".into(), most, limits }
    };
    Some(match prepared.action {
        Some(ActionId::BuiltIn(BuiltInAction::Gmail)) => {
            let sender = text(&prepared, "from").unwrap_or_default().to_lowercase();
            Route { pool: format!("gmail {sender}").into(), most: 1, limits: Vec::new() }
        }
        Some(ActionId::BuiltIn(_)) => mail(cut.mail),
        _ => match declared(plan, &prepared.name) {
            Some(action) => through(plan, action, &prepared, cut.most),
            None => Route { pool: Arc::clone(lane), most: cut.most, limits: Vec::new() },
        },
    })
}

/// The action of a name.
pub(super) fn declared<'p>(plan: &'p Plan, name: &str) -> Option<&'p ActionPlan> {
    plan.actions.iter().find(|action| *action.name == *name)
}

/// By connector, by host where the connector has none of its own, and by what its rates are counted by: so that neither
/// a host that is dead nor a channel that is busy holds up another.
fn through(plan: &Plan, action: &ActionPlan, prepared: &Prepared, most: usize) -> Route {
    let connector = action.through.and_then(|at| plan.connectors.get(at as usize));
    let mut pool = connector.map_or(&action.name, |connector| &connector.name).to_string();
    if connector.is_none_or(|connector| connector.base.is_none()) {
        let hosts = prepared.args.iter().filter_map(|(_, value)| match value {
            Value::Text(text) => crate::connect::request::host(text),
            _ => None,
        });
        pool.extend(hosts.take(1).map(|host| format!(" {host}")));
    }
    let limits = limits(plan, action, prepared);
    for limit in &limits {
        pool.extend(limit.name.split_once('=').map(|(_, value)| format!(" {value}")));
    }
    Route { pool: pool.into(), most, limits }
}

fn limits(plan: &Plan, action: &ActionPlan, prepared: &Prepared) -> Vec<Limit> {
    let Some(connector) = action.through.and_then(|at| plan.connectors.get(at as usize)) else {
        return Vec::new();
    };
    let value = |name: &str| {
        let given = prepared.args.iter().find(|(known, _)| **known == *name).map(|(_, value)| value);
        let default = || action.params.iter().find(|(known, ..)| **known == *name)?.2.as_ref();
        given.filter(|value| !value.is_missing()).or_else(default).map(ToString::to_string)
    };
    let limit = |(rate, at): (&crate::plan::Rate, usize)| {
        let by = match &rate.by {
            Some(name) => format!("={}", value(name)?),
            None => String::new(),
        };
        let per = Duration::from_millis(rate.per.at_most().max(0).unsigned_abs());
        Some(Limit { name: format!("{} {at}{by}", connector.name).into(), count: rate.count, per })
    };
    connector.rates.iter().zip(0..).filter_map(limit).collect()
}
