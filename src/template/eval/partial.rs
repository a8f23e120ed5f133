//! `include` and `render`.

use std::sync::Arc;

use super::loops::Items;
use super::scope::{Frame, LoopKind, LoopState};
use super::{Done, Flow, RenderError, RenderFault, Renderer};
use crate::template::ast::{Binding, Partial, Template};
use crate::template::value::Value;

/// A partial on its way to be rendered.
struct Call<'a> {
    partial: &'a Partial,
    name: Arc<str>,
    template: &'a Template,
}

impl<'a> Renderer<'a> {
    pub(super) fn partial(&mut self, partial: &'a Partial) -> Done {
        let name = self.operand(&partial.name)?;
        let name = self.text(&name, partial.span)?;
        let Some(template) = self.data.partial(&name) else {
            let fault = RenderFault::UnknownPartial { name: name.to_string() };
            return Err(self.error(partial.name.span(), fault));
        };
        let mut variables = Vec::with_capacity(partial.arguments.len() + 1);
        for (key, operand) in &partial.arguments {
            variables.push((key.text.clone(), self.operand(operand)?));
        }
        let bound = match &partial.binding {
            Some(binding) => Some((binding, self.operand(&binding.value)?)),
            None => None,
        };
        let call = Call { partial, name, template };
        if !partial.isolated {
            let place = self.frame.scopes.len();
            self.frame.scopes.append(&mut variables);
            let done = self.bind(&call, bound);
            self.frame.scopes.truncate(place);
            return done;
        }
        let inner = Frame { assigned: variables.into_iter().collect(), ..Frame::default() };
        let outer = std::mem::replace(&mut self.frame, inner);
        let done = self.bind(&call, bound);
        self.frame = outer;
        done.map(|_| Flow::On)
    }

    /// Renders once, or once for each item that is bound.
    fn bind(&mut self, call: &Call<'a>, bound: Option<(&'a Binding, Value)>) -> Done {
        let Some((binding, value)) = bound else { return self.enter_partial(call) };
        let variable = match &binding.alias {
            Some(alias) => alias.text.clone(),
            None => call.name.rsplit('/').next().unwrap_or_default().into(),
        };
        let many = matches!(value, Value::List(_)) && (binding.each || !call.partial.isolated)
            || matches!(value, Value::Range(..)) && binding.each;
        let items = if many { Items::of(value) } else { Items::List(Arc::new([value])) };
        let place = self.frame.scopes.len();
        self.frame.scopes.push((variable, Value::Nil));
        let looped = many && call.partial.isolated;
        if looped {
            let state = LoopState {
                kind: LoopKind::Render,
                label: call.name.clone(),
                index: 0,
                length: items.len(),
                columns: 1,
            };
            self.frame.loops.push(state);
        }
        let done = self.each(call, &items, place, looped);
        if looped {
            self.frame.loops.pop();
        }
        self.frame.scopes.truncate(place);
        done
    }

    fn each(&mut self, call: &Call<'a>, items: &Items, place: usize, looped: bool) -> Done {
        for index in 0..items.len() {
            self.step(1, call.partial.span)?;
            if let Some((_, value)) = self.frame.scopes.get_mut(place) {
                *value = items.at(index);
            }
            if let (true, Some(state)) = (looped, self.frame.loops.last_mut()) {
                state.index = index;
            }
            let flow = self.enter_partial(call)?;
            if flow == Flow::Break || (flow == Flow::Continue && !call.partial.isolated) {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn enter_partial(&mut self, call: &Call<'a>) -> Result<Flow, RenderError> {
        let template = std::mem::replace(&mut self.template, call.template);
        let name = self.partial.replace(call.name.clone());
        let done = self.block(&call.template.nodes, call.partial.span);
        self.template = template;
        self.partial = name;
        done
    }
}
