//! What a case file does not write out: fragments, variables and tables of rows, put in where they are used.
//!
//! This happens on the JSON, before it is read into types, so that all of them work at every place of the format. A key of
//! the harness's own begins with `$`, because the members of a body or a state are the service's.

mod fragments;
mod named;
mod scope;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::BTreeMap;

use fragments::Found;
pub(super) use fragments::{FILE as FRAGMENTS, FragmentFiles, Fragments};
use named::Names;
use scope::{Scope, text_of};

use crate::json::{JsonError, Kind, Member, Node, Span};
use crate::sources::Sources;

/// Where values from outside come from, by their names: `--var`.
pub type Given = BTreeMap<String, String>;

/// Fragments that use each other deeper than this are refused: they would fill the memory.
const DEPTH_MAX: usize = 32;

/// More results than this of one file are refused.
const ROWS_MAX: usize = 1_000;

/// A case as its file means it; one of many, if the file has rows.
#[derive(Debug)]
pub(super) struct Written {
    /// The row's name.
    pub(super) row: Option<String>,
    /// The case, with everything put in.
    pub(super) node: Node,
}

/// Puts everything in. One case comes back for each row, or one if there are none.
pub(super) fn expand(
    root: Node,
    sources: &Sources,
    fragments: &Fragments,
    given: &Given,
) -> Result<Vec<Written>, JsonError> {
    let own = ["fragments", "variables", "rows"];
    if !sources.case().text.contains('$') && own.iter().all(|key| root.get(key).is_none()) {
        return Ok(vec![Written { row: None, node: root }]);
    }
    let fragments = fragments.with_own(root.get("fragments"))?;
    let variables = scope::variables(root.get("variables"), given)?;
    let Kind::Object(members) = &root.kind else { return Ok(vec![Written { row: None, node: root }]) };
    let body: Vec<Member> = members.iter().filter(|member| !own.contains(&member.key.as_str())).cloned().collect();
    let body = Node { span: root.span.clone(), kind: Kind::Object(body) };
    let mut named = Names::default();
    named.add_all_of(&root);
    let named = RefCell::new(named);
    let written = |row: Option<&Member>| {
        let mut variables = variables.clone();
        if let Some(row) = row {
            variables.extend(scope::row(row, &variables)?);
        }
        let expander = Expander { fragments: &fragments, variables: &variables, named: &named, sources };
        let node = expander.node(&body, &At::top()).and_then(one);
        let node = node.map_err(|error| match row {
            Some(row) => JsonError { message: format!("{} (in the row `{}`)", error.message, row.key), ..error },
            None => error,
        })?;
        Ok(Written { row: row.map(|row| row.key.clone()), node })
    };
    let rows = root.get("rows");
    let written: Vec<Written> = match rows.map(|rows| (&rows.kind, rows)) {
        None => vec![written(None)?],
        Some((Kind::Object(members), rows)) if members.is_empty() || members.len() > ROWS_MAX => {
            return Err(JsonError::at(rows.span.clone(), format!("a table has from 1 to {ROWS_MAX} rows")));
        }
        Some((Kind::Object(members), _)) => members.iter().map(|row| written(Some(row))).collect::<Result<_, _>>()?,
        Some((_, rows)) => {
            let what = format!("expected an object, found {}", rows.describe());
            return Err(JsonError::at(rows.span.clone(), what)
                .help("`{\"ROW\": {\"VARIABLE\": value}}`: one case for each row"));
        }
    };
    // A value that goes nowhere is a name that is spelled in two ways, and the case would be played without it.
    let in_rows = rows.map_or(&[][..], Node::members).iter().flat_map(|row| row.value.members());
    let declared = root.get("variables").map_or(&[][..], Node::members);
    let named = named.into_inner();
    match declared.iter().chain(in_rows).find(|variable| !named.has(&variable.key)) {
        Some(variable) => Err(named.unused(variable, "no text of this case")),
        None => Ok(written),
    }
}

/// A case is an object, also if it is made of a fragment.
fn one(put: Put) -> Result<Node, JsonError> {
    match put {
        Put::One(node) => Ok(node),
        Put::Many(_, span) => Err(JsonError::at(span, "a list of a fragment can be used only in a list")),
    }
}

/// What comes of a node.
enum Put {
    One(Node),
    /// A fragment that is a list: in a list its items take the place of the item that uses it.
    Many(Vec<Node>, Span),
}

/// Where the expander is.
struct At<'a> {
    /// Arguments of the fragment that it is in.
    args: Option<&'a Scope>,
    /// The place of the outermost use of a fragment from another file, in the file of the case.
    used: Option<Span>,
    /// By how much places move: those of another file stand behind the text of the case.
    base: usize,
    /// The fragments that it is in, from the outermost.
    within: Vec<String>,
}

impl At<'_> {
    const fn top() -> Self {
        Self { args: None, used: None, base: 0, within: Vec::new() }
    }

    fn span(&self, span: &Span) -> Span {
        moved(span, self.base)
    }
}

fn moved(span: &Span, by: usize) -> Span {
    span.start + by..span.end + by
}

/// A value of a fragment that is not read where it stands.
fn moved_kind(kind: &Kind, by: usize) -> Kind {
    let moved_node = |node: &Node| Node { span: moved(&node.span, by), kind: moved_kind(&node.kind, by) };
    match kind {
        Kind::Array(items) => Kind::Array(items.iter().map(moved_node).collect()),
        Kind::Object(members) => {
            let member = |Member { key, key_span, value }: &Member| Member {
                key: key.clone(),
                key_span: moved(key_span, by),
                value: moved_node(value),
            };
            Kind::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

/// Puts fragments and variables into a tree.
struct Expander<'a> {
    fragments: &'a Fragments,
    variables: &'a Scope,
    /// What the case and the fragments that it uses name.
    named: &'a RefCell<Names>,
    /// Where the texts are noted that fragments come from.
    sources: &'a Sources,
}

impl Expander<'_> {
    fn node(&self, node: &Node, at: &At<'_>) -> Result<Put, JsonError> {
        let kind = match &node.kind {
            Kind::Object(members) if members.iter().any(|member| member.key == "$use") => {
                return self.fragment(node, members, at);
            }
            Kind::Object(members) => Kind::Object(self.members(members, at)?),
            Kind::Array(items) => {
                let mut put = Vec::with_capacity(items.len());
                for item in items {
                    match self.node(item, at)? {
                        Put::One(item) => put.push(item),
                        Put::Many(items, _) => put.extend(items),
                    }
                }
                Kind::Array(put)
            }
            Kind::String(text) => self.text(text, &node.span, at)?,
            other => other.clone(),
        };
        Ok(Put::One(Node { span: at.span(&node.span), kind }))
    }

    fn value(&self, node: &Node, at: &At<'_>) -> Result<Node, JsonError> {
        match self.node(node, at)? {
            Put::One(node) => Ok(node),
            Put::Many(items, span) => Ok(Node { span, kind: Kind::Array(items) }),
        }
    }

    fn members(&self, members: &[Member], at: &At<'_>) -> Result<Vec<Member>, JsonError> {
        let mut put: Vec<Member> = Vec::with_capacity(members.len());
        for member in members {
            if member.key == "$with" {
                let what = "`$with` has arguments for a fragment, and no `$use` names one here";
                return Err(JsonError::at(at.span(&member.key_span), what));
            }
            let key = match self.text(&member.key, &member.key_span, at)? {
                Kind::String(key) => key,
                other => text_of(&other),
            };
            if put.iter().any(|other| other.key == key) && member.key != key {
                return Err(JsonError::at(at.span(&member.key_span), format!("the key `{key}` is here twice")));
            }
            put.push(Member { key, key_span: at.span(&member.key_span), value: self.value(&member.value, at)? });
        }
        Ok(put)
    }

    /// A text with its variables filled. A text that is nothing but one variable becomes its value, be it a number.
    fn text(&self, text: &str, span: &Span, at: &At<'_>) -> Result<Kind, JsonError> {
        if !text.contains("${") {
            return Ok(Kind::String(text.to_owned()));
        }
        let look_up = |name: &str| {
            let found = at.args.and_then(|args| args.get(name)).or_else(|| self.variables.get(name));
            found.map_or_else(
                || {
                    // An argument is given where the fragment is used.
                    let place = at.used.clone().unwrap_or_else(|| at.span(span));
                    scope::missing(name, self.variables, &at.within, &place)
                },
                |kind| Ok(kind.clone()),
            )
        };
        scope::fill(text, &look_up, &at.span(span))
    }

    /// An object with `$use`: the fragment, with the members that are next to `$use` in place of its own.
    fn fragment(&self, node: &Node, members: &[Member], at: &At<'_>) -> Result<Put, JsonError> {
        let member = |key: &str| members.iter().find(|member| member.key == key).map(|member| &member.value);
        let named = member("$use").map(|value| self.value(value, at)).transpose()?;
        let Some(Node { span: named_at, kind: Kind::String(name) }) = named else {
            return Err(JsonError::at(at.span(&node.span), "`$use` takes the name of a fragment"));
        };
        let Found { fragment, file } = self.fragments.find(&name, &named_at)?;
        if at.within.contains(&name) || at.within.len() >= DEPTH_MAX {
            let path = at.within.join("` → `");
            return Err(JsonError::at(named_at, format!("the fragment `{name}` contains itself: `{path}` → `{name}`")));
        }
        let used = at.used.clone().or_else(|| file.map(|_| node.span.clone()));
        let base = match (file, &used) {
            (Some(file), Some(used)) => self.sources.enter(file, used.clone()),
            _ => 0,
        };
        let mut named = Names::default();
        named.add_all_of(fragment);
        let declared = fragment.get("$defaults").map_or(&[][..], Node::members);
        let given = member("$with").map_or(&[][..], Node::members);
        let takes = |argument: &&Member| named.has(&argument.key) || declared.iter().any(|own| own.key == argument.key);
        if let Some(argument) = given.iter().find(|argument| !takes(argument)) {
            let error = named.unused(argument, &format!("nothing in the fragment `{name}`"));
            return Err(JsonError { span: error.span.map(|span| at.span(&span)), ..error });
        }
        self.named.borrow_mut().extend(named);
        let mut args = Scope::new();
        if let Some(defaults) = fragment.get("$defaults") {
            args.extend(
                defaults.members().iter().map(|member| (member.key.clone(), moved_kind(&member.value.kind, base))),
            );
        }
        match member("$with").map(|with| self.value(with, at)).transpose()? {
            None => {}
            Some(Node { kind: Kind::Object(with), .. }) => {
                args.extend(with.into_iter().map(|member| (member.key, member.value.kind)));
            }
            Some(with) => {
                let what = format!("`$with` is an object with arguments, not {}", with.describe());
                return Err(JsonError::at(with.span, what));
            }
        }
        let within = [at.within.as_slice(), std::slice::from_ref(&name)].concat();
        let inside = At { args: Some(&args), used, base, within };
        let beside: Vec<Member> =
            members.iter().filter(|member| member.key != "$use" && member.key != "$with").cloned().collect();
        let beside = self.members(&beside, at)?;
        let put = match &fragment.kind {
            Kind::Object(members) if !members.iter().any(|member| member.key == "$use") => {
                let own: Vec<Member> = members.iter().filter(|member| member.key != "$defaults").cloned().collect();
                let span = at.span(&node.span);
                Put::One(Node { span, kind: Kind::Object(self.members(&own, &inside)?) })
            }
            _ => match self.node(fragment, &inside)? {
                Put::One(Node { kind: Kind::Array(items), .. }) => Put::Many(items, at.span(&node.span)),
                Put::One(Node { kind, .. }) => Put::One(Node { span: at.span(&node.span), kind }),
                many @ Put::Many(..) => many,
            },
        };
        if beside.is_empty() {
            return Ok(put);
        }
        match put {
            Put::One(Node { span, kind: Kind::Object(mut members) }) => {
                for member in beside {
                    match members.iter_mut().find(|own| own.key == member.key) {
                        Some(own) => *own = member,
                        None => members.push(member),
                    }
                }
                Ok(Put::One(Node { span, kind: Kind::Object(members) }))
            }
            _ => Err(JsonError::at(
                beside[0].key_span.clone(),
                format!("the fragment `{name}` is no object, so nothing can be next to it"),
            )
            .help("arguments go into `$with`")),
        }
    }
}
