//! The declaration of payloads.

use super::EntityType;
use super::catalogue::FieldInfo;
use super::field::Parts;
use crate::id::OrganizationId;

/// The payload of one event.
pub trait Payload {
    /// The name of the event.
    const ACTION: &'static str;
    /// The version of the payload: it changes when a field is removed or changes its meaning.
    const VERSION: u32 = 1;
    const ENTITY: EntityType;
    const TARGET: EntityType;
    const DESCRIPTION: &'static str;
    /// Whether it belongs to an organization, at least for some values.
    const IS_OF_ORGANIZATION: bool;

    /// What the event changed.
    fn entity_id(&self) -> i64;

    /// Whom or what the event is about, by which the audit log is filtered: the person, if there is one.
    fn target_id(&self) -> i64;

    /// The organization whose log the entry is in; `None` for that of the installation.
    fn organization(&self) -> Option<OrganizationId>;
}

/// How a payload is written and documented.
pub(super) trait Document: Payload {
    fn write(&self, parts: &mut Parts);
    fn fields() -> Vec<FieldInfo>;
}

/// The organization of a field that names one.
pub(super) trait OfOrganization {
    fn organization(&self) -> Option<OrganizationId>;
}

impl OfOrganization for OrganizationId {
    fn organization(&self) -> Option<OrganizationId> {
        Some(*self)
    }
}

impl OfOrganization for Option<OrganizationId> {
    fn organization(&self) -> Option<OrganizationId> {
        *self
    }
}

/// Declares payloads:
///
/// ```text
/// /// What happened.
/// Name("action", Entity(entity field), Target(target field) in organization field) { fields }
/// ```
///
/// Without `in`, the event is one of the installation.
macro_rules! payloads {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident($action:literal, $entity:ident($entity_field:ident), $target:ident($target_field:ident) $(in $organization:ident)?) {
            $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)*
        }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[doc = $field_doc])* pub $field: $type,)*
        }

        impl $crate::event::payload::Payload for $name {
            const ACTION: &'static str = $action;
            const ENTITY: $crate::event::EntityType = $crate::event::EntityType::$entity;
            const TARGET: $crate::event::EntityType = $crate::event::EntityType::$target;
            const DESCRIPTION: &'static str = concat!($($doc),+);
            const IS_OF_ORGANIZATION: bool = false $(|| !stringify!($organization).is_empty())?;

            fn entity_id(&self) -> i64 {
                self.$entity_field.get()
            }

            fn target_id(&self) -> i64 {
                self.$target_field.get()
            }

            fn organization(&self) -> Option<$crate::id::OrganizationId> {
                None $(.or($crate::event::payload::OfOrganization::organization(&self.$organization)))?
            }
        }

        impl $crate::event::payload::Document for $name {
            fn write(&self, parts: &mut $crate::event::field::Parts) {
                $($crate::event::field::Field::write(&self.$field, stringify!($field), parts);)*
            }

            fn fields() -> Vec<$crate::event::catalogue::FieldInfo> {
                vec![$($crate::event::catalogue::FieldInfo::new::<$type>(stringify!($field), concat!($($field_doc),*))),*]
            }
        }
    )+};
}

pub(super) use payloads;
