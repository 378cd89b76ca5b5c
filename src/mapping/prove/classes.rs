//! Classes of new entries: that they are some, one chain, and what they demand; and the identifier of entries.

use super::Proof;
use crate::attribute::is_object_class;
use crate::error::MappingFault;
use crate::mapping::Toward;
use crate::schema::{AttributeType, Schema};
use crate::server::Server;
use crate::text::nearest;

impl Proof<'_> {
    /// Proves that an entry may have the classes of new ones, as far as the schema knows them, and doubts those that it
    /// does not know and those that demand what nothing feeds.
    pub(super) fn classes(&self) {
        let schema = self.file.directory.server.map_or(self.schema, Server::schema);
        let classes = &self.mapping.object_class;
        let mut is_any_unknown = false;
        for (n, class) in classes.iter().enumerate() {
            if schema.class(class.as_bytes()).is_some() {
                continue;
            }
            is_any_unknown = true;
            if let Some(meant) = nearest(class, schema.class_names()) {
                let (class, meant) = (class.clone(), meant.to_owned());
                let fault = MappingFault::UnknownClass { class, meant };
                self.site.table.doubt(&["object_class", &n.to_string()], fault);
            }
        }
        let names = || classes.iter().map(String::as_bytes);
        // The other servers take several.
        let is_strict =
            matches!(self.file.directory.server, None | Some(Server::OpenLdap | Server::Generic));
        if let Some((one, other)) = schema.two_structural(names()).filter(|_| is_strict) {
            let [one, other] = [one, other].map(|class| class.names[0].to_string());
            let fault = MappingFault::TwoStructural { one, other };
            self.site.table.refuse(&["object_class"], fault);
        } else if !is_any_unknown && self.creates(Toward::Directory) && self.site.is_whole {
            self.demands_are_fed(schema);
        }
    }

    /// What the classes of a new entry demand has a flow, or stands in the name, or is the server's.
    fn demands_are_fed(&self, schema: &Schema) {
        if self.file.directory.server == Some(Server::ActiveDirectory) {
            return;
        }
        let Some(rdn) = self.name_of_new().and_then(|dn| dn.rdn().cloned()) else { return };
        let is_fed = |demanded: &AttributeType| {
            let is_it = |name: &str| {
                schema
                    .attribute(name.as_bytes())
                    .is_some_and(|own| schema.is_subtype(own, demanded))
            };
            let mut flows = self.flows(Toward::Directory);
            demanded.is_operational()
                || demanded.no_user_modification
                || demanded.names.iter().any(|name| is_object_class(name.as_bytes()))
                || rdn
                    .avas
                    .iter()
                    .any(|ava| schema.same_attribute(&ava.attribute, demanded.names[0].as_bytes()))
                || flows.any(|(_, flow)| flow.attribute.as_deref().is_some_and(is_it))
        };
        let classes = self.mapping.object_class.iter().map(String::as_bytes);
        for (demanded, class) in schema.required(classes) {
            if !is_fed(demanded) {
                let [attribute, class] =
                    [&demanded.names, &class.names].map(|names| names[0].to_string());
                let fault = MappingFault::DemandNotFed { attribute, class };
                self.site.table.doubt(&["object_class"], fault);
            }
        }
    }
}
