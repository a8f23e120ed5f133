//! Connectors and actions: an item a line; a request with several parts too long for a line has a part a line.
//!
//! In: a connector or an action. Out: their tokens.

use super::doc::Gap;
use super::print::{Printer, Shape};
use crate::syntax::ast::{
    ActionDecl, Auth, Connector, ConnectorItem, ConnectorItemKind, Param, Request, RequestPart,
};

impl Printer<'_> {
    /// The rest of `connector slack { … }`.
    pub fn connector(&mut self, connector: &Connector) {
        self.through(connector.name.at);
        self.connector_items(&connector.items);
    }

    /// The rest of `action slack(…) through slack { … }`.
    pub fn action(&mut self, action: &ActionDecl) {
        self.through(action.name.at);
        self.doc.gap(Gap::Tight);
        self.list(Shape::PARENS, &action.params, |param| param.at.0, Self::param);
        self.connector_items(&action.items);
    }

    fn param(&mut self, param: &Param) {
        self.item(|p| {
            p.type_of(&param.ty);
            if let Some(default) = &param.default {
                p.expr(default);
            }
        });
    }

    fn connector_items(&mut self, items: &[ConnectorItem]) {
        self.list(
            Shape::FIELDS,
            items,
            |item| item.at.0,
            |p, item| {
                p.item(|p| {
                    p.connector_item(item);
                    p.through(item.at);
                });
            },
        );
    }

    fn connector_item(&mut self, item: &ConnectorItem) {
        match &item.kind {
            ConnectorItemKind::Header { value, .. }
            | ConnectorItemKind::Keep { value, .. }
            | ConnectorItemKind::Ok(value)
            | ConnectorItemKind::Retry(value)
            | ConnectorItemKind::Fail(value) => self.expr(value),
            ConnectorItemKind::Auth(Auth::OAuth(fields)) => self.object(fields),
            ConnectorItemKind::Request(request) => self.request(request),
            _ => {}
        }
    }

    fn request(&mut self, request: &Request) {
        self.through(request.path.at);
        if let [part] = request.parts.as_slice() {
            return self.request_part(part);
        }
        self.group(|p| {
            for part in &request.parts {
                p.doc.gap(Gap::Line(1));
                p.item(|p| p.request_part(part));
            }
        });
    }

    fn request_part(&mut self, part: &RequestPart) {
        match part {
            RequestPart::Json(arg) | RequestPart::Headers(arg) => self.argument(arg),
            RequestPart::Form(fields) | RequestPart::Query(fields) => self.object(fields),
            RequestPart::Raw(value) => self.expr(value),
        }
    }
}
