//! Binding arguments to parameters.

use foretaste_parser::name::Name;
use foretaste_parser::ruby::ast::{KeywordRest, Param, Params};

use super::Interp;
use super::env::{Args, Env};
use super::flow::R;
use super::object::{Data, Hash};
use super::value::Value;

impl Interp {
    /// Puts arguments into the slots of a new scope. `strict`: methods and lambdas count their
    /// arguments; other blocks take what there is and spread a single array.
    pub(super) fn bind_params(
        &mut self,
        params: &Params,
        env: &Env,
        args: &Args,
        strict: bool,
    ) -> R<()> {
        let takes_keywords = !params.keywords.is_empty()
            || matches!(params.keyword_rest, KeywordRest::Rest(_))
            || params.forward;
        let mut list = args.list.clone();
        let mut keywords = None;
        if args.keywords {
            if takes_keywords && !params.forward {
                keywords = list.pop();
            } else if let Some(last) = list.last()
                && self.hash_data(*last).is_some_and(|h| h.map.is_empty())
            {
                list.pop();
            }
        }
        let fixed = params.required.len() + params.post.len();
        let most = fixed + params.optional.len();
        let has_rest = params.rest.is_some() || params.forward;
        if !strict && list.len() == 1 && (most > 1 || params.excess_comma || (has_rest && most > 0))
        {
            if let Some(id) = list.first().and_then(|v| self.unknown_of(*v)) {
                list = vec![id.into(); most.max(1)];
            } else if let Some(items) = list.first().and_then(|v| self.array_items(*v)) {
                list = items.to_vec();
            }
        }
        if strict && (list.len() < fixed || (!has_rest && list.len() > most)) {
            return Err(self.wrong_count(
                params,
                list.len(),
                fixed,
                most,
                has_rest,
                keywords.is_some(),
            ));
        }
        let mut values = list.into_iter();
        let available = values.len();
        for param in &params.required {
            let value = values.next().unwrap_or(Value::NIL);
            self.bind_param(param, env, value)?;
        }
        // Optional parameters get what the required ones at both ends leave.
        let mut spare = available.saturating_sub(fixed);
        for (slot, default) in &params.optional {
            let value = if spare > 0 {
                spare -= 1;
                values.next().unwrap_or(Value::NIL)
            } else {
                self.eval(env, default)?
            };
            self.heap.set_local(env.scope, 0, *slot, value);
        }
        if has_rest {
            let count = values.len().saturating_sub(params.post.len());
            let rest: Vec<Value> = values.by_ref().take(count).collect();
            if let Some(Some(slot)) = params.rest {
                let rest = self.array(rest);
                self.heap.set_local(env.scope, 0, slot, rest);
            }
        }
        for param in &params.post {
            let value = values.next().unwrap_or(Value::NIL);
            self.bind_param(param, env, value)?;
        }
        if takes_keywords && !params.forward {
            self.bind_keywords(params, env, keywords)?;
        }
        if let Some(Some(slot)) = params.block {
            self.heap
                .set_local(env.scope, 0, slot, args.block.unwrap_or(Value::NIL));
        }
        Ok(())
    }

    fn wrong_count(
        &mut self,
        params: &Params,
        given: usize,
        fixed: usize,
        most: usize,
        has_rest: bool,
        keywords: bool,
    ) -> super::flow::Flow {
        let mut expected = if has_rest {
            format!("{fixed}+")
        } else if fixed == most {
            fixed.to_string()
        } else {
            format!("{fixed}..{most}")
        };
        let required: Vec<&str> = params
            .keywords
            .iter()
            .filter(|k| k.2.is_none())
            .map(|k| k.0.as_str())
            .collect();
        if !keywords && !required.is_empty() {
            let word = if required.len() == 1 {
                "keyword"
            } else {
                "keywords"
            };
            expected.push_str(&format!("; required {word}: {}", required.join(", ")));
        }
        self.arity_error(given, &expected)
    }

    fn bind_param(&mut self, param: &Param, env: &Env, value: Value) -> R<()> {
        match param {
            Param::Slot(slot) => {
                self.heap.set_local(env.scope, 0, *slot, value);
                Ok(())
            }
            Param::Destructure(target) => self.assign_multi(env, target, value),
        }
    }

    fn bind_keywords(&mut self, params: &Params, env: &Env, keywords: Option<Value>) -> R<()> {
        let unknown = keywords.and_then(|k| self.unknown_of(k));
        let mut given: Hash = match keywords.and_then(Value::obj).map(|id| self.data(id)) {
            Some(Data::Hash(hash)) => (**hash).clone(),
            _ => Hash::default(),
        };
        let mut missing = Vec::new();
        for (name, slot, default) in &params.keywords {
            let key = super::object::Key::Sym(*name);
            let value = match (given.map.shift_remove(&key), default, unknown) {
                (Some((_, value)), _, _) => value,
                (None, _, Some(id)) => id.into(),
                (None, Some(default), _) => self.eval(env, default)?,
                (None, None, _) => {
                    missing.push(*name);
                    Value::NIL
                }
            };
            self.heap.set_local(env.scope, 0, *slot, value);
        }
        if !missing.is_empty() {
            return Err(self.keyword_error(
                "missing",
                &missing.iter().map(|n| format!(":{n}")).collect::<Vec<_>>(),
            ));
        }
        match params.keyword_rest {
            KeywordRest::Rest(Some(slot)) => {
                let rest = self.hash(given);
                self.heap.set_local(env.scope, 0, slot, rest);
            }
            KeywordRest::Rest(None) => {}
            _ if !given.map.is_empty() => {
                let keys: Vec<Value> = given.map.values().map(|(k, _)| *k).collect();
                let mut texts = Vec::new();
                for key in keys {
                    texts.push(self.inspect(key)?);
                }
                return Err(self.keyword_error("unknown", &texts));
            }
            _ => {}
        }
        Ok(())
    }

    fn keyword_error(&mut self, what: &str, names: &[String]) -> super::flow::Flow {
        let word = if names.len() == 1 {
            "keyword"
        } else {
            "keywords"
        };
        self.argument_error(format!("{what} {word}: {}", names.join(", ")))
    }

    /// A symbol key and its value, as keyword arguments are passed.
    pub fn keyword(&self, args: &Args, name: &str) -> Option<Value> {
        if !args.keywords {
            return None;
        }
        let hash = self.hash_data(*args.list.last()?)?;
        hash.map
            .get(&super::object::Key::Sym(Name::new(name)))
            .map(|(_, v)| *v)
    }
}
