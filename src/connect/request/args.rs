//! The arguments of a request, as values.

use super::super::call::{Sight, Unready};
use super::path;
use crate::plan::expr;
use crate::plan::{ArgPlan, AssigneePlan};
use crate::value::Value;

/// Arguments inside each other; the language allows fewer.
const DEPTH: usize = 200;

/// The value of an argument: fields and items that are missing are left out.
pub(super) fn value(sight: &Sight<'_>, arg: &ArgPlan) -> Result<Value, Unready> {
    Ok(of(sight, arg, 0)?.without_missing())
}

fn of(sight: &Sight<'_>, arg: &ArgPlan, depth: usize) -> Result<Value, Unready> {
    let plan = sight.call.plan;
    if depth > DEPTH {
        return Err(Unready::Unfit("the request is nested too deep".into()));
    }
    Ok(match arg {
        ArgPlan::Value(value) | ArgPlan::Assignee(AssigneePlan::User(value)) => {
            expr::value(&plan.pool, *value, sight)
        }
        ArgPlan::Text(text) => path::text(sight, *text)?,
        ArgPlan::Entity => sight.call.about.entity.clone(),
        ArgPlan::List(items) => {
            let items = items.iter().map(|item| of(sight, item, depth + 1)).collect::<Result<Vec<_>, _>>()?;
            Value::List(items.into_iter().filter(|item| !item.is_missing()).collect())
        }
        ArgPlan::Object(fields) => {
            let field =
                |(name, arg): &(_, ArgPlan)| Ok((std::sync::Arc::clone(name), of(sight, arg, depth + 1)?));
            Value::Map(fields.iter().map(field).collect::<Result<_, Unready>>()?)
        }
        // No declaration holds these (`check` sees to it).
        ArgPlan::Message(_) | ArgPlan::Team(_) | ArgPlan::Recipients(_) | ArgPlan::Assignee(_) => {
            Value::Missing
        }
    })
}
