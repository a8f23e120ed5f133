//! Connectors and actions, as written.

use super::{Arg, Expr, Field, Name, Path, Text, TypeExpr};
use crate::base::{At, Node, Period};
use rust_decimal::Decimal;

/// `connector slack { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connector {
    /// Its name.
    pub name: Name,
    /// Its items in order.
    pub items: Vec<ConnectorItem>,
}

/// An item of a connector or an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectorItem {
    /// Which.
    pub kind: ConnectorItemKind,
    /// The whole item.
    pub at: At,
}

/// What an item of a connector (or, where marked, of an action) says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConnectorItemKind {
    /// `base "https://…"`
    Base(Text),
    /// `base secret "NAME"`: the address itself is a secret
    BaseSecret(Text),
    /// `auth …`
    Auth(Auth),
    /// `rate 1 per 1s per channel`
    Rate {
        /// How many.
        count: Node<Decimal>,
        /// In how long.
        per: Node<Period>,
        /// For each value of this parameter.
        by: Option<Name>,
    },
    /// `header "Name" EXPR`
    Header {
        /// Its name.
        name: Text,
        /// Its value.
        value: Expr,
    },
    /// `idempotency header "Name"`
    Idempotency(Text),
    /// `timeout 15s`
    Timeout(Node<Period>),
    /// `ok when …` (connector or action)
    Ok(Expr),
    /// `retry when …` (connector or action)
    Retry(Expr),
    /// `fail with …` (connector or action)
    Fail(Expr),
    /// `keep task_id = …` (connector or action)
    Keep {
        /// The kept name.
        name: Name,
        /// Taken from the response.
        value: Expr,
    },
    /// `post "/path" json { … }` (action)
    Request(Request),
}

/// How a connector proves who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Auth {
    /// `auth bearer secret "X"`
    Bearer(Text),
    /// `auth basic secret "USER" secret "PASSWORD"`; one secret: the user name, with an empty password
    Basic(Text, Option<Text>),
    /// `auth header "X-Token" secret "X"`
    Header(Text, Text),
    /// `auth oauth { grant: "client_credentials" … }`
    OAuth(Vec<Field>),
    /// `auth signed secret "X"`: Standard Webhooks
    Signed(Text),
}

/// `post "/path" query { … } headers { … } json { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The method.
    pub method: Node<Method>,
    /// The path, a template.
    pub path: Text,
    /// Its parts in order.
    pub parts: Vec<RequestPart>,
}

/// An HTTP method.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A part of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RequestPart {
    /// `json { … }`, or `json EXPR`
    Json(Arg),
    /// `form { … }`
    Form(Vec<Field>),
    /// `raw EXPR`
    Raw(Expr),
    /// `query { … }`
    Query(Vec<Field>),
    /// `headers { … }`, or `headers PARAMETER`
    Headers(Arg),
}

/// `action slack(channel text, message template) through slack { … }`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionDecl {
    /// Its name, dotted (`salesforce.task`).
    pub name: Path,
    /// Its parameters.
    pub params: Vec<Param>,
    /// The connector.
    pub through: Option<Name>,
    /// Its items in order.
    pub items: Vec<ConnectorItem>,
}

/// `priority text = "NORMAL"`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// Its value when it is not given.
    pub default: Option<Expr>,
    /// The whole parameter.
    pub at: At,
}
