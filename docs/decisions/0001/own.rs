//! The provider of decision 1: one resource on the crate tf-provider that misbehaves on demand.
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, Schema};
use tf_provider::value::{ValueEmpty, ValueNumber, ValueString};
use tf_provider::{
    Diagnostics, DynamicDataSource, DynamicResource, Provider, Resource, map, serve,
};

#[derive(Debug, Clone, Serialize, Deserialize, Default)]
pub struct State<'a> {
    #[serde(borrow = "'a")]
    pub mode: ValueString<'a>,
    pub number: ValueNumber,
}

struct Thing;

fn attribute(attr_type: AttributeType, constraint: AttributeConstraint) -> Attribute {
    Attribute { attr_type, constraint, ..Default::default() }
}

fn mode(state: &State<'_>) -> String {
    match &state.mode {
        ValueString::Value(text) => text.to_string(),
        _ => String::new(),
    }
}

#[async_trait]
impl Resource for Thing {
    type State<'a> = State<'a>;
    type PrivateState<'a> = ValueEmpty;
    type ProviderMetaState<'a> = ValueEmpty;

    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        let mut attributes = map! {
            "mode" => attribute(AttributeType::String, AttributeConstraint::Optional),
            "number" => attribute(AttributeType::Number, AttributeConstraint::Optional),
        };
        if std::env::var_os("OWN_NESTED").is_some() {
            let nested = std::collections::HashMap::from([(
                "x".to_string(),
                attribute(AttributeType::String, AttributeConstraint::Optional),
            )]);
            attributes.insert(
                "nested".into(),
                attribute(AttributeType::AttributeSingle(nested), AttributeConstraint::Optional),
            );
        }
        Some(Schema { version: 1, block: Block { version: 1, attributes, ..Default::default() } })
    }
    async fn validate<'a>(&self, _: &mut Diagnostics, _: State<'a>) -> Option<()> {
        Some(())
    }
    async fn read<'a>(
        &self,
        _: &mut Diagnostics,
        state: State<'a>,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(State<'a>, ValueEmpty)> {
        Some((state, private))
    }
    async fn plan_create<'a>(
        &self,
        _: &mut Diagnostics,
        proposed: State<'a>,
        _: State<'a>,
        _: ValueEmpty,
    ) -> Option<(State<'a>, ValueEmpty)> {
        Some((proposed, Default::default()))
    }
    async fn plan_update<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        proposed: State<'a>,
        _: State<'a>,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(State<'a>, ValueEmpty, Vec<tf_provider::AttributePath>)> {
        Some((proposed, private, vec![]))
    }
    async fn plan_destroy<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<ValueEmpty> {
        Some(private)
    }
    async fn create<'a>(
        &self,
        _: &mut Diagnostics,
        planned: State<'a>,
        _: State<'a>,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(State<'a>, ValueEmpty)> {
        match mode(&planned).as_str() {
            "slow" => tokio::time::sleep(Duration::from_secs(20)).await,
            "panic" => panic!("on demand"),
            _ => {}
        }
        Some((planned, private))
    }
    async fn update<'a>(
        &self,
        _: &mut Diagnostics,
        _: State<'a>,
        planned: State<'a>,
        _: State<'a>,
        private: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<(State<'a>, ValueEmpty)> {
        Some((planned, private))
    }
    async fn destroy<'a>(
        &self,
        _: &mut Diagnostics,
        state: State<'a>,
        _: ValueEmpty,
        _: ValueEmpty,
    ) -> Option<()> {
        (mode(&state) != "keep").then_some(())
    }
}

struct Own;

#[async_trait]
impl Provider for Own {
    type Config<'a> = ValueEmpty;
    type MetaState<'a> = ValueEmpty;
    fn schema(&self, _: &mut Diagnostics) -> Option<Schema> {
        Some(Schema { version: 1, block: Block::default() })
    }
    async fn validate<'a>(&self, _: &mut Diagnostics, _: ValueEmpty) -> Option<()> {
        Some(())
    }
    async fn configure<'a>(&self, _: &mut Diagnostics, _: String, _: ValueEmpty) -> Option<()> {
        Some(())
    }
    fn get_resources(
        &self,
        _: &mut Diagnostics,
    ) -> Option<std::collections::HashMap<String, Box<dyn DynamicResource>>> {
        Some(map! { "thing" => Thing })
    }
    fn get_data_sources(
        &self,
        _: &mut Diagnostics,
    ) -> Option<std::collections::HashMap<String, Box<dyn DynamicDataSource>>> {
        Some(map! {})
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve("own", Own).await
}
