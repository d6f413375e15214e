//! Statements on the names of stored images.

use vestibule_db::{Text, sql};

use crate::id::{OrganizationId, WorkspaceId};
use crate::time::Timestamp;

sql! {
    /// Inserted before the image is written, as unused.
    RESERVE(Text, Timestamp) = "INSERT INTO images (name, unused_since) VALUES ($1, $2)";

    /// Changes no row if the image is so old that the cleanup may be deleting it.
    MARK_USED(Text, Timestamp) = "UPDATE images SET unused_since = NULL WHERE name = $1 AND unused_since > $2";

    MARK_UNUSED(Text, Timestamp) = "UPDATE images SET unused_since = $2 WHERE name = $1";

    MARK_ORGANIZATION_IMAGES_UNUSED(OrganizationId, Timestamp) =
        "UPDATE images SET unused_since = $2
          WHERE unused_since IS NULL
            AND name IN (SELECT image_url FROM organizations WHERE id = $1
                          UNION ALL SELECT image_url FROM workspaces WHERE organization_id = $1)";

    MARK_WORKSPACE_IMAGE_UNUSED(OrganizationId, WorkspaceId, Timestamp) =
        "UPDATE images SET unused_since = $3
          WHERE name IN (SELECT image_url FROM workspaces WHERE organization_id = $1 AND id = $2)";

    UNUSED(Timestamp) -> (String,) =
        "SELECT name FROM images WHERE unused_since <= $1 ORDER BY unused_since LIMIT 100";

    DELETE(Text, Timestamp) = "DELETE FROM images WHERE name = $1 AND unused_since <= $2";
}
