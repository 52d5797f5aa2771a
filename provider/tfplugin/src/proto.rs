//! The messages and services of the protocols, generated from `proto/`.

macro_rules! generated {
    ($(#[doc = $doc:literal] $module:ident = $package:literal;)*) => {
        $(
            #[doc = $doc]
            #[expect(
                unreachable_pub,
                clippy::pedantic,
                clippy::allow_attributes,
                clippy::allow_attributes_without_reason,
                reason = "generated code follows no style"
            )]
            pub(crate) mod $module {
                tonic::include_proto!($package);
            }
        )*
    };
}

generated! {
    /// The provider itself.
    tfplugin6 = "tfplugin6";
    /// What the plugin client calls besides.
    plugin = "plugin";
    /// Health.
    health = "grpc.health.v1";
}
