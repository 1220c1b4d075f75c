//! The program `callgate-portal`: reads the command line, starts the two listeners, prints where
//! they are.

mod files;
mod server;

use std::{path::PathBuf, process::ExitCode};

const HELP: &str = "\
callgate-portal: a test portal that behaves like a Bitrix24 portal's REST server

USAGE
    callgate-portal [--port N] [--app-port N] [--root DIR]

OPTIONS
    --port N        the portal's port; 0 picks a free one (default 8024)
    --app-port N    the port of the app in its iframe; 0 picks one (default 8025)
    --root DIR      the folder with www/ and pkg/ (default: the current folder)
    --help          this text

It listens on 127.0.0.1 only. When it is ready it prints two lines:
    portal http://127.0.0.1:PORT
    app http://127.0.0.1:PORT

THE PORTAL'S PORT
    /rest/…          the REST server, versions 1 and 2; /rest/api/… is version 3
    /oauth/token/    the OAuth server's refresh
    /_portal/…       the control plane, JSON, no part of a real portal:
        POST   /_portal/reset           a fresh portal
        POST   /_portal/tokens          {scopes, expiresIn, user, app, accessToken}
        POST   /_portal/webhooks        {scopes, user}
        POST   /_portal/sessions        {user}
        POST   /_portal/apps            {app, scopes, clientSecret, applicationToken}
        POST   /_portal/confirmations   {token, method, granted}: the administrator decides
        GET    /_portal/confirmations   who was asked what, and how it stands
        GET    /_portal/log?after=N     the requests it saw; DELETE forgets them
        POST   /_portal/faults          {kind, method, times, after, to}; DELETE ends all
        GET    /_portal/faults          all kinds, with their codes and what they do
        POST   /_portal/settings        {latency, work, budget, strictStatuses, frontCors, time,
                                         escapeUnicode, operatingLimit}; GET shows them
        POST   /_portal/clock           {advance}: seconds
        POST   /_portal/data            {entity, rows}: a number to generate, or rows;
                                        GET shows the first of a table
        GET    /_portal/page            the page around an app: ?app=URL&placement=CODE…
        POST   /_portal/page/app        {app, user, installed, firstRun, appOptions,
                                         userOptions}: what it finds kept; GET shows it
        GET    /_portal/demo            where the app of the portal page is
        …      /_portal/one-e/…         users, mail, status, settings of the 1E server
    /Consumer/…      a 1E server: instructions and their approvals
    /, /www/…        the portal page: files from DIR/www

THE APP'S PORT
    /                DIR/www/app/index.html
    /www/…, /pkg/…   files from DIR
";

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("callgate-portal: {error}\nTry callgate-portal --help.");
            return ExitCode::from(2);
        }
    };
    match server::run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("callgate-portal: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line says.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    port: u16,
    app_port: u16,
    root: PathBuf,
}

impl Options {
    /// Reads the arguments; nothing when help was asked for.
    fn read(arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            port: 8024,
            app_port: 8025,
            root: PathBuf::from("."),
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let (flag, inline) = match argument.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            if matches!(flag.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            if !matches!(flag.as_str(), "--port" | "--app-port" | "--root") {
                return Err(format!(
                    "{flag}: no such flag; there are --port, --app-port, --root and --help"
                ));
            }
            let value = inline
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{flag}: its value is missing"))?;
            let port = || {
                value.parse().map_err(|_| {
                    format!("{flag}: {value:?} is no port; it must be a number from 0 to 65535")
                })
            };
            match flag.as_str() {
                "--port" => options.port = port()?,
                "--app-port" => options.app_port = port()?,
                _ => options.root = PathBuf::from(value),
            }
        }
        if !options.root.is_dir() {
            return Err(format!(
                "--root: {} is not a folder",
                options.root.display()
            ));
        }
        Ok(Some(options))
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn read(line: &str) -> Result<Option<Options>, String> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn flags_take_their_value_with_a_blank_or_an_equals_sign() {
        let options = read("--port 0 --app-port=9 --root .").ok().flatten();
        assert!(options.is_some_and(|options| options.port == 0 && options.app_port == 9));
    }

    #[test]
    fn a_wrong_flag_is_named() {
        for (line, name) in [
            ("--prot 1", "--prot"),
            ("--port", "--port"),
            ("--port x", "--port"),
            ("--app-port 70000", "--app-port"),
            ("--root /nowhere/at/all", "--root"),
            ("8024", "8024"),
        ] {
            assert!(
                read(line).is_err_and(|error| error.starts_with(name)),
                "{line}"
            );
        }
    }

    #[test]
    fn help_stops_everything() {
        assert_eq!(read("--help --nonsense"), Ok(None));
    }
}
