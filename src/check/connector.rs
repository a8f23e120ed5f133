//! Connectors, and what they share with actions: rules about responses, names of secrets and headers, addresses.

use super::args::owner_of_account;
use super::checked::*;
use super::cx::Cx;
use super::once::{Once, firsts};
use super::scope::Scope;
use super::team::count;
use crate::base::Span;
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::ast::{self, ArgKind, ConnectorItemKind as Item, ExprKind as Written};
use std::sync::Arc;

/// Checks all connectors. Their actions are checked before, so that a rate's parameter is known.
pub(super) fn connectors(cx: &mut Cx<'_>) {
    let names = cx.names;
    for entry in names.connectors.iter() {
        let connector = connector(cx, entry.decl, Arc::clone(&entry.name), entry.span);
        rate_parameters(cx, entry.decl, entry.idx);
        cx.out.connectors.push(connector);
    }
}

fn connector(cx: &mut Cx<'_>, decl: &ast::Connector, name: Arc<str>, span: Span) -> Connector {
    let twice = |what| (Code::DuplicateItem, what);
    let (mut base, mut auth, mut idempotency, mut timeout) =
        (Once::default(), Once::default(), Once::default(), Once::default());
    let (mut rates, mut headers) = (Vec::new(), Vec::new());
    for item in &decl.items {
        let span = item.at.0;
        match &item.kind {
            Item::Base(text) => {
                let value = url(cx, text).map(Base::Address);
                base.put(cx, value, span, twice("the base"));
            }
            Item::BaseSecret(name) => {
                let value = secret(cx, name).map(Base::Secret);
                base.put(cx, value, span, twice("the base"));
            }
            Item::Auth(written) => {
                let value = self::auth(cx, written, span);
                auth.put(cx, value, span, twice("`auth`"));
            }
            Item::Rate { count: most, per, by } => {
                let most = count(cx, most, "a rate", 1_000_000);
                let per = cx.period(per, "rate's window");
                let by = by.as_ref().map(|by| cx.intern(&by.node));
                rates.extend(most.zip(per).map(|(count, per)| Rate { count, per, by }));
            }
            Item::Header { name, value } => headers.push((name, value)),
            Item::Idempotency(name) => {
                let value = header_name(cx, &name.value, name.at.0);
                idempotency.put(cx, value, span, twice("the idempotency header"));
            }
            Item::Timeout(period) => {
                let value = cx.period(period, "timeout");
                timeout.put(cx, value, span, twice("the timeout"));
            }
            _ => {}
        }
    }
    Connector {
        name,
        base: base.value().flatten(),
        auth: auth.value().flatten(),
        rates,
        headers: self::headers(cx, &headers),
        idempotency: idempotency.value().flatten(),
        timeout: timeout.value().flatten(),
        rules: rules(cx, &decl.items, &Scope::default()),
        span,
    }
}

fn headers(cx: &mut Cx<'_>, written: &[(&ast::Text, &ast::Expr)]) -> Vec<(Arc<str>, Expr)> {
    let lower: Vec<String> = written.iter().map(|(name, _)| name.value.to_lowercase()).collect();
    let names = lower.iter().zip(written).map(|(lower, (name, _))| (lower.as_str(), name.at.0));
    firsts(cx, names, (Code::DuplicateItem, "header"));
    let mut made = Vec::with_capacity(written.len());
    for (name, value) in written {
        let name = header_name(cx, &name.value, name.at.0);
        let value = cx.value(value, &Scope::default(), None);
        made.extend(name.zip(value));
    }
    made
}

/// What a response means, as a connector or an action says; `scope` is that of its parameters.
pub(super) fn rules(cx: &mut Cx<'_>, items: &[ast::ConnectorItem], scope: &Scope<'_>) -> Rules {
    let scope = scope.with_response();
    let mut made = Rules::default();
    let mut fail = Once::default();
    let mut kept: Vec<(&str, Span)> = Vec::new();
    for item in items {
        match &item.kind {
            Item::Ok(condition) => made.ok.extend(cx.condition(condition, &scope)),
            Item::Retry(condition) => made.retry.extend(cx.condition(condition, &scope)),
            Item::Fail(value) => {
                let value = cx.value(&owner_of_account(value, &scope), &scope, None);
                fail.put(cx, value, item.at.0, (Code::DuplicateItem, "`fail with`"));
            }
            Item::Keep { name, value } => {
                kept.push((&name.node, name.span()));
                let value = cx.value(value, &Scope::default().with_response(), None);
                let name = cx.intern(&name.node);
                made.keep.extend(value.map(|value| (name, value)));
            }
            _ => {}
        }
    }
    firsts(cx, kept, (Code::DuplicateItem, "kept name"));
    made.fail = fail.value().flatten();
    made
}

/// Each rate by a parameter needs an action that has it.
fn rate_parameters(cx: &mut Cx<'_>, decl: &ast::Connector, idx: crate::base::Idx<Connector>) {
    for item in &decl.items {
        let Item::Rate { by: Some(by), .. } = &item.kind else { continue };
        let of = cx.out.actions.values().filter(|action| action.through == Some(idx));
        let params: Vec<Arc<str>> =
            of.flat_map(|action| &action.params).map(|param| Arc::clone(&param.name)).collect();
        if params.iter().any(|param| **param == *by.node) {
            continue;
        }
        let message = format!("no action of this connector has a parameter `{}`", by.node);
        let unknown = Diagnostic::new(Code::UnknownRateParameter, by.span(), message);
        cx.report(match suggest::nearest(&by.node, params.iter().map(|param| &**param)) {
            Some(near) => unknown.help(format!("did you mean `{near}`?")).fix(by.span(), near),
            None => unknown.help("name a parameter of one of its actions, or leave `per …` out"),
        });
    }
}

/// The name of a secret, never the secret itself.
pub(super) fn secret(cx: &mut Cx<'_>, name: &ast::Text) -> Option<Arc<str>> {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.value.starts_with(|c: char| c.is_ascii_uppercase())
        && name.value.chars().all(fits)
        && name.value.len() <= 64
    {
        return Some(cx.intern(&name.value));
    }
    let wrong = Diagnostic::new(Code::BadSecretName, name.at.0, "this is no name of a secret");
    cx.fail(wrong.help(
        "write the name under which the secret is kept, such as `\"SLACK_BOT_TOKEN\"`, never the secret",
    ))
}

/// The name of a header.
pub(super) fn header_name(cx: &mut Cx<'_>, name: &str, span: Span) -> Option<Arc<str>> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !name.is_empty() && name.chars().all(fits) {
        return Some(cx.intern(name));
    }
    let wrong = Diagnostic::new(Code::BadHeader, span, format!("`{name}` is no name of a header"));
    cx.fail(wrong.help("a header's name has letters, digits and `-`"))
}

/// An address of the web.
pub(super) fn url(cx: &mut Cx<'_>, text: &ast::Text) -> Option<Arc<str>> {
    let host = text.value.strip_prefix("https://").or_else(|| text.value.strip_prefix("http://"));
    let whole = host.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['));
    if whole && !text.value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some(cx.intern(text.value.trim_end_matches('/')));
    }
    let wrong =
        Diagnostic::new(Code::BadUrl, text.at.0, format!("`{}` is no address of the web", text.value));
    cx.fail(wrong.help("write it as `https://api.example.com`"))
}

fn auth(cx: &mut Cx<'_>, auth: &ast::Auth, span: Span) -> Option<Auth> {
    Some(match auth {
        ast::Auth::Bearer(token) => Auth::Bearer { secret: secret(cx, token)? },
        ast::Auth::Basic(user, password) => {
            let user = secret(cx, user);
            let password_secret = match password {
                Some(password) => Some(secret(cx, password)?),
                None => None,
            };
            Auth::Basic { user_secret: user?, password_secret }
        }
        ast::Auth::Header(name, value) => {
            let (name, value) = (header_name(cx, &name.value, name.at.0), secret(cx, value));
            Auth::Header { name: name?, secret: value? }
        }
        ast::Auth::Signed(key) => Auth::Signed { secret: secret(cx, key)? },
        ast::Auth::OAuth(fields) => Auth::OAuth(oauth(cx, fields, span)?),
    })
}

/// The fields of `auth oauth`.
const OAUTH: [&str; 7] =
    ["grant", "token_url", "client_id", "client_secret", "client_auth", "refresh_token", "scope"];

fn oauth(cx: &mut Cx<'_>, fields: &[ast::Field], span: Span) -> Option<OAuth> {
    let names = fields.iter().map(|field| (field.name.node.as_str(), field.name.span()));
    firsts(cx, names, (Code::DuplicateField, "field"));
    for field in fields.iter().filter(|field| !OAUTH.contains(&field.name.node.as_str())) {
        let message = format!("`auth oauth` has no field `{}`", field.name.node);
        let unknown = Diagnostic::new(Code::UnknownField, field.name.span(), message);
        cx.report(match suggest::nearest(&field.name.node, OAUTH) {
            Some(near) => unknown.help(format!("did you mean `{near}`?")).fix(field.name.span(), near),
            None => unknown.help(format!("it takes {}", OAUTH.map(|name| format!("`{name}`")).join(", "))),
        });
    }
    let field = |name: &str| fields.iter().find(|field| field.name.node == name);
    let token_url = required(cx, field("token_url"), "token_url", span);
    let client_id = required(cx, field("client_id"), "client_id", span);
    let client_secret = required(cx, field("client_secret"), "client_secret", span);
    let refresh_secret = grant(cx, field("grant"), field("refresh_token"), span)?;
    let scope = match field("scope") {
        Some(field) => Some(text_of(cx, field)?.value.as_str().into()),
        None => None,
    };
    let basic = match field("client_auth") {
        Some(field) => client_auth(cx, field)?,
        None => false,
    };
    let token_url = if let ArgKind::Secret(name) = &token_url?.value.kind {
        Base::Secret(secret(cx, name)?)
    } else {
        let text = text_of(cx, token_url?)?;
        Base::Address(url(cx, text)?)
    };
    let (client_id, client_secret) = (secret_of(cx, client_id?), secret_of(cx, client_secret?));
    Some(OAuth {
        refresh_secret,
        token_url,
        client_id_secret: client_id?,
        client_secret_secret: client_secret?,
        scope,
        basic,
    })
}

/// Whether the client proves itself by HTTP Basic rather than in the form.
fn client_auth(cx: &mut Cx<'_>, field: &ast::Field) -> Option<bool> {
    let text = text_of(cx, field)?;
    match text.value.as_str() {
        "basic" => Some(true),
        "form" => Some(false),
        other => {
            let message = format!("there is no way `{other}` for a client to prove itself");
            let wrong = Diagnostic::new(Code::WrongArgument, text.at.0, message);
            cx.fail(wrong.help("write `\"form\"` (the default) or `\"basic\"`"))
        }
    }
}

#[expect(clippy::option_option, reason = "client credentials have no refresh token")]
fn grant(
    cx: &mut Cx<'_>,
    grant: Option<&ast::Field>,
    refresh: Option<&ast::Field>,
    span: Span,
) -> Option<Option<Arc<str>>> {
    let grant = required(cx, grant, "grant", span)?;
    let text = text_of(cx, grant)?;
    match text.value.as_str() {
        "client_credentials" => Some(None),
        "refresh_token" => {
            let refresh = required(cx, refresh, "refresh_token", span)?;
            Some(Some(secret_of(cx, refresh)?))
        }
        other => {
            let wrong =
                Diagnostic::new(Code::WrongArgument, text.at.0, format!("there is no grant `{other}`"));
            cx.fail(wrong.help("write `\"client_credentials\"` or `\"refresh_token\"`"))
        }
    }
}

fn required<'f>(
    cx: &mut Cx<'_>,
    field: Option<&'f ast::Field>,
    name: &str,
    span: Span,
) -> Option<&'f ast::Field> {
    field.or_else(|| {
        let missing = Diagnostic::new(Code::MissingField, span, format!("`auth oauth` needs `{name}`"));
        cx.fail(missing.help(format!("add `{name}: …`")))
    })
}

fn text_of<'f>(cx: &mut Cx<'_>, field: &'f ast::Field) -> Option<&'f ast::Text> {
    if let ArgKind::Value(ast::Expr { kind: Written::Text(text), .. }) = &field.value.kind {
        Some(text)
    } else {
        let message = format!("`{}` is a text here", field.name.node);
        cx.error(Code::WrongArgument, field.value.at.0, message)
    }
}

fn secret_of(cx: &mut Cx<'_>, field: &ast::Field) -> Option<Arc<str>> {
    if let ArgKind::Secret(name) = &field.value.kind {
        return secret(cx, name);
    }
    let message = format!("`{}` has to be a secret", field.name.node);
    let wrong = Diagnostic::new(Code::WrongArgument, field.value.at.0, message);
    cx.fail(wrong.help(format!("write `{}: secret \"NAME\"`", field.name.node)))
}
