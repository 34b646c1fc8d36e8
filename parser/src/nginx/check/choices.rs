//! Directives that choose from words. Source: nginx's documentation of each.

use super::Context;

/// Words that a directive chooses from, and whether it takes several.
pub fn choices(
    name: &str,
    count: usize,
    context: Context,
) -> Option<(&'static [&'static str], bool)> {
    const TLS: &[&str] = &["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    const LOG: &[&str] = &["info", "notice", "warn", "error"];
    const NEXT: &[&str] = &[
        "error",
        "timeout",
        "invalid_header",
        "http_500",
        "http_502",
        "http_503",
        "http_504",
        "http_403",
        "http_404",
        "http_429",
        "non_idempotent",
        "off",
        "updating",
        "not_found",
        "invalid_response",
    ];
    const HEADERS: &[&str] = &[
        "X-Accel-Redirect",
        "X-Accel-Expires",
        "X-Accel-Limit-Rate",
        "X-Accel-Buffering",
        "X-Accel-Charset",
        "Expires",
        "Cache-Control",
        "Set-Cookie",
        "Vary",
    ];
    Some(match name {
        "satisfy" => (&["all", "any"], false),
        "proxy_http_version" | "gzip_http_version" => (&["1.0", "1.1"], false),
        "if_modified_since" => (&["off", "exact", "before"], false),
        "keepalive_disable" => (&["none", "msie6", "safari"], true),
        "autoindex_format" => (&["html", "xml", "json", "jsonp"], false),
        "ssl_verify_client" => (&["on", "off", "optional", "optional_no_ca"], false),
        "limit_req_log_level" | "limit_conn_log_level" => (LOG, false),
        "dav_methods" => (&["off", "put", "delete", "mkcol", "copy", "move"], true),
        "debug_points" => (&["stop", "abort"], false),
        "gzip_proxied" => (
            &[
                "off",
                "expired",
                "no-cache",
                "no-store",
                "private",
                "no_last_modified",
                "no_etag",
                "auth",
                "any",
            ],
            true,
        ),
        "server_tokens" => (&["on", "off", "build"], false),
        "use" => (
            &[
                "epoll",
                "poll",
                "select",
                "kqueue",
                "eventport",
                "/dev/poll",
            ],
            false,
        ),
        "client_body_in_file_only" => (&["on", "off", "clean"], false),
        "gzip_static" => (&["on", "off", "always"], false),
        "lingering_close" => (&["on", "off", "always"], false),
        "limit_req_dry_run" | "limit_conn_dry_run" | "uwsgi_cache_background_update" => {
            (&["on", "off"], false)
        }
        "userid" => (&["on", "off", "v1", "log"], false),
        "starttls" => (&["on", "off", "only"], false),
        "proxy_redirect" | "proxy_cookie_domain" | "proxy_cookie_path" if count == 1 => {
            (&["off", "default"], false)
        }
        "disable_symlinks" if count == 1 => (&["off", "on", "if_not_owner"], false),
        _ if name.ends_with("_cache_methods") => (&["GET", "HEAD", "POST"], true),
        _ if name.ends_with("ssl_protocols") => (TLS, true),
        _ if name.ends_with("_ignore_headers") => (HEADERS, true),
        _ if name.ends_with("_cache_use_stale")
            || name.ends_with("_next_upstream") && context.is_http() =>
        {
            (NEXT, true)
        }
        _ => return None,
    })
}
