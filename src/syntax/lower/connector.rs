//! Connectors and actions.

use super::expr::transpose;
use super::{Lower, Parts};
use crate::syntax::ast::{
    ActionDecl, Auth, Connector, ConnectorItem, ConnectorItemKind, Keep, Method, Param, Request, RequestPart,
    Text,
};
use crate::syntax::{Pair, Rule};

impl Lower {
    pub(super) fn connector(&mut self, pair: Pair<'_>) -> Option<Connector> {
        let mut parts = Parts::of(pair);
        let name = self.name(&parts.next()?);
        Some(Connector { name, items: self.connector_items(parts)? })
    }

    pub(super) fn action(&mut self, pair: Pair<'_>) -> Option<ActionDecl> {
        let mut parts = Parts::of(pair);
        let name = self.path(&parts.next()?);
        let mut params = Vec::new();
        while let Some(param) = parts.accept(Rule::param) {
            params.push(self.param(param)?);
        }
        let through = parts.accept(Rule::ident).map(|pair| self.name(&pair));
        Some(ActionDecl { name, params, through, items: self.connector_items(parts)? })
    }

    fn param(&mut self, pair: Pair<'_>) -> Option<Param> {
        let at = self.at(&pair);
        let mut parts = Parts::of(pair);
        let name = self.name(&parts.next()?);
        let ty = self.type_expr(&parts.next()?)?;
        Some(Param { name, ty, default: transpose(parts.next().map(|part| self.expr(part)))?, at })
    }

    fn connector_items(&mut self, parts: Parts<'_>) -> Option<Vec<ConnectorItem>> {
        parts
            .map(|pair| Some(ConnectorItem { at: self.at(&pair), kind: self.connector_item(pair)? }))
            .collect()
    }

    fn connector_item(&mut self, pair: Pair<'_>) -> Option<ConnectorItemKind> {
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair.clone());
        Some(match rule {
            Rule::base => {
                let address = parts.next()?;
                match address.as_rule() {
                    Rule::secret => ConnectorItemKind::BaseSecret(self.secret(address)?),
                    _ => ConnectorItemKind::Base(self.text(&address)),
                }
            }
            Rule::auth => ConnectorItemKind::Auth(self.auth(parts.next()?)?),
            Rule::rate => {
                let count = self.number_node(&parts.next()?);
                let per = self.period(&parts.next()?);
                ConnectorItemKind::Rate { count, per, by: parts.next().map(|pair| self.name(&pair)) }
            }
            Rule::header => {
                ConnectorItemKind::Header { name: parts.text(self)?, value: self.expr(parts.next()?)? }
            }
            Rule::idempotency => ConnectorItemKind::Idempotency(parts.text(self)?),
            Rule::timeout => ConnectorItemKind::Timeout(self.period(&parts.next()?)),
            Rule::ok => ConnectorItemKind::Ok(self.expr(parts.next()?)?),
            Rule::retry => ConnectorItemKind::Retry(self.expr(parts.next()?)?),
            Rule::fail => ConnectorItemKind::Fail(self.expr(parts.next()?)?),
            Rule::keep => {
                let Keep { name, value } = self.keep(pair)?;
                ConnectorItemKind::Keep { name, value }
            }
            _ => ConnectorItemKind::Request(self.request(parts)?),
        })
    }

    fn auth(&mut self, pair: Pair<'_>) -> Option<Auth> {
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair);
        Some(match rule {
            Rule::bearer => Auth::Bearer(self.secret(parts.next()?)?),
            Rule::basic => {
                let user = self.secret(parts.next()?)?;
                Auth::Basic(user, transpose(parts.next().map(|part| self.secret(part)))?)
            }
            Rule::auth_header => Auth::Header(parts.text(self)?, self.secret(parts.next()?)?),
            Rule::oauth => Auth::OAuth(self.object(parts.next()?)?),
            _ => Auth::Signed(self.secret(parts.next()?)?),
        })
    }

    fn secret(&mut self, pair: Pair<'_>) -> Option<Text> {
        Parts::of(pair).text(self)
    }

    fn request(&mut self, mut parts: Parts<'_>) -> Option<Request> {
        let word = parts.next()?;
        let method = match word.as_str() {
            "get" => Method::Get,
            "post" => Method::Post,
            "put" => Method::Put,
            "patch" => Method::Patch,
            _ => Method::Delete,
        };
        let path = parts.text(self)?;
        let parts = parts.map(|part| self.request_part(part)).collect::<Option<_>>()?;
        Some(Request { method: self.node(&word, method), path, parts })
    }

    fn request_part(&mut self, pair: Pair<'_>) -> Option<RequestPart> {
        let kind = pair.clone().into_inner().next()?.as_rule();
        let value = Parts::of(pair).next()?;
        Some(match kind {
            Rule::k_json => RequestPart::Json(self.arg(value)?),
            Rule::k_form => RequestPart::Form(self.object(value)?),
            Rule::k_query => RequestPart::Query(self.object(value)?),
            Rule::k_headers => RequestPart::Headers(self.arg(value)?),
            _ => RequestPart::Raw(self.expr(value)?),
        })
    }
}
