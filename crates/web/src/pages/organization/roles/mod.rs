//! The roles of an organization and of its workspaces: what each allows in words, and an editor with the permissions to
//! choose from.

mod catalogue;
mod delete;
mod editor;
mod list;
mod scope;

use crate::routes::Routes;

pub(super) fn routes() -> Routes {
    let mut routes = Routes::default();
    for base in ["/organizations/{id}/-/roles", "/organizations/{id}/-/workspaces/{workspace}/roles"] {
        routes = routes
            .get(base, list::list)
            .post(base, editor::create)
            .get(&format!("{base}/new"), editor::new)
            .get(&format!("{base}/{{role}}"), editor::show)
            .post(&format!("{base}/{{role}}"), editor::update)
            .post(&format!("{base}/{{role}}/delete"), delete::delete);
    }
    routes
}
