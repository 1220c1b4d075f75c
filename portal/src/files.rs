//! Static files below `www/` and `pkg/`. A path never leads out of them.

use std::path::{Path, PathBuf};

/// A place of the URL space and the folder or file that it shows.
pub(crate) struct Mount {
    /// What `/` shows.
    pub(crate) index: &'static str,
    /// The first segments that are served.
    pub(crate) folders: &'static [&'static str],
}

/// The portal's own port.
pub(crate) const PORTAL: Mount = Mount {
    index: "www/index.html",
    folders: &["www", "pkg"],
};
/// The port of the app in its iframe.
pub(crate) const APP: Mount = Mount {
    index: "www/app/index.html",
    folders: &["www", "pkg"],
};

/// A file's bytes and its content type.
pub(crate) struct File {
    pub(crate) bytes: Vec<u8>,
    pub(crate) content_type: &'static str,
}

/// Reads the file that a path means; nothing when there is none, or none that may be seen.
pub(crate) async fn read(root: &Path, mount: &Mount, path: &str) -> Option<File> {
    let (folder, file) = locate(mount, path)?;
    let folder = tokio::fs::canonicalize(root.join(folder)).await.ok()?;
    let file = tokio::fs::canonicalize(root.join(file)).await.ok()?;
    // A symbolic link that leads out of the folder is no way out either.
    if !file.starts_with(folder) {
        return None;
    }
    Some(File {
        content_type: content_type(&file),
        bytes: tokio::fs::read(&file).await.ok()?,
    })
}

/// The folder to which a path belongs, and its file, both below the root.
fn locate(mount: &Mount, path: &str) -> Option<(&'static str, PathBuf)> {
    let decoded = callgate_portal::decode_path(path.strip_prefix('/')?);
    let whole = if decoded.is_empty() {
        mount.index
    } else {
        &decoded
    };
    let segments: Vec<&str> = whole.split('/').collect();
    let plain = |segment: &&str| {
        !segment.is_empty() && !segment.starts_with('.') && !segment.contains(['\\', ':', '\0'])
    };
    let (folder, rest) = segments.split_first()?;
    let (last, middle) = rest.split_last()?;
    let folder = mount.folders.iter().find(|known| *known == folder)?;
    let last = if last.is_empty() { &"index.html" } else { last };
    if !middle.iter().all(plain) || !plain(last) {
        return None;
    }
    let mut file = PathBuf::from(folder);
    file.extend(middle);
    Some((folder, file.join(last)))
}

fn content_type(path: &Path) -> &'static str {
    const TYPES: &[(&str, &str)] = &[
        ("html", "text/html; charset=utf-8"),
        ("js", "text/javascript; charset=utf-8"),
        ("mjs", "text/javascript; charset=utf-8"),
        ("css", "text/css; charset=utf-8"),
        ("json", "application/json"),
        ("map", "application/json"),
        ("wasm", "application/wasm"),
        ("svg", "image/svg+xml"),
        ("png", "image/png"),
        ("ico", "image/x-icon"),
        ("woff2", "font/woff2"),
        ("txt", "text/plain; charset=utf-8"),
        ("ts", "text/plain; charset=utf-8"),
        ("md", "text/plain; charset=utf-8"),
    ];
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    TYPES
        .iter()
        .find(|(known, _)| *known == extension)
        .map_or("application/octet-stream", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::{APP, PORTAL, content_type, locate};
    use std::path::Path;

    #[test]
    fn a_path_stays_in_its_folders() {
        for path in [
            "/www/../secret",
            "/www/%2e%2e/secret",
            "/www/..%2fsecret",
            "/secret",
            "/www",
            "/www/.git/config",
            "/www//x",
            "/www/a\\..\\b",
            "/%77ww/../x",
            "/www/%00",
            "//www/x",
        ] {
            assert_eq!(locate(&PORTAL, path), None, "{path}");
        }
        for (mount, path, file) in [
            (&PORTAL, "/", "www/index.html"),
            (&PORTAL, "/www/", "www/index.html"),
            (&APP, "/", "www/app/index.html"),
            (&APP, "/pkg/a%20b.js", "pkg/a b.js"),
            (&APP, "/www/app/", "www/app/index.html"),
        ] {
            assert_eq!(
                locate(mount, path).map(|(_, file)| file),
                Some(file.into()),
                "{path}"
            );
        }
    }

    #[test]
    fn browsers_get_the_types_that_they_insist_on() {
        assert_eq!(content_type(Path::new("a.wasm")), "application/wasm");
        assert!(content_type(Path::new("a.mjs")).starts_with("text/javascript"));
        assert_eq!(content_type(Path::new("a")), "application/octet-stream");
    }
}
