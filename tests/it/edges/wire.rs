//! HTTP/1.1 as bytes: what is sent is exactly what a case says, and what comes is kept whole.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddrV4, TcpStream},
    time::Duration,
};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

/// How long an engine may take for anything.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer answers than any store of the tests has are an engine gone wrong.
const LONGEST: usize = 64 << 20;

/// Where requests of a country come from: `127.1.<letter>.<letter>`. An engine on this machine
/// learns the country from the address, as it would from a table of networks.
pub fn address_of(country: Option<&str>) -> Ipv4Addr {
    match country.map(str::as_bytes) {
        Some([first, second]) => Ipv4Addr::new(127, 1, *first, *second),
        _ => Ipv4Addr::LOCALHOST,
    }
}

/// The reverse of [`address_of`].
pub fn country_of(address: Ipv4Addr) -> Option<String> {
    match address.octets() {
        [127, 1, first, second] => Some([char::from(first), char::from(second)].iter().collect()),
        _ => None,
    }
}

/// What an engine answered.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    /// By lower-case name, in the order in which they came.
    pub headers: BTreeMap<String, Vec<String>>,
    pub body: Vec<u8>,
}

impl Answer {
    /// All values of a header, joined as HTTP joins them.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|values| values.join(", "))
    }

    fn closes(&self) -> bool {
        let said = self.header("connection").unwrap_or_default();
        said.to_ascii_lowercase().contains("close") || self.status >= 400 && self.status != 404
    }
}

/// What came of a request.
#[derive(Clone, Debug)]
pub enum Outcome {
    Answered(Answer),
    /// The connection was closed, or nothing came in time, or it was no HTTP.
    Dropped(String),
}

/// A client with one kept connection for each address it comes from.
pub struct Client {
    port: u16,
    open: BTreeMap<Ipv4Addr, Connection>,
}

struct Connection {
    stream: TcpStream,
    /// Bytes that came after the last answer.
    rest: Vec<u8>,
}

impl Client {
    pub fn new(port: u16) -> Self {
        Self {
            port,
            open: BTreeMap::new(),
        }
    }

    /// Sends bytes and reads one answer. `stays` says whether the connection may be used again.
    pub fn send(&mut self, from: Ipv4Addr, bytes: &[u8], is_head: bool, stays: bool) -> Outcome {
        // A kept connection may have been closed meanwhile: that is no answer to this request.
        if let Some(mut kept) = self.open.remove(&from)
            && let Ok(answer) = kept.exchange(bytes, is_head)
        {
            return self.keep(from, kept, answer, stays);
        }
        let fresh = Connection::open(from, self.port);
        let result = fresh.and_then(|mut fresh| {
            let answer = fresh.exchange(bytes, is_head)?;
            Ok((fresh, answer))
        });
        match result {
            Ok((fresh, answer)) => self.keep(from, fresh, answer, stays),
            Err(error) => Outcome::Dropped(error.to_string()),
        }
    }

    fn keep(
        &mut self,
        from: Ipv4Addr,
        connection: Connection,
        answer: Answer,
        stays: bool,
    ) -> Outcome {
        if stays && !answer.closes() {
            self.open.insert(from, connection);
        }
        Outcome::Answered(answer)
    }
}

impl Connection {
    fn open(from: Ipv4Addr, port: u16) -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::INET,
            SocketType::STREAM,
            SocketFlags::CLOEXEC,
            None,
        )?;
        bind(&socket, &SocketAddrV4::new(from, 0))?;
        connect(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            rest: Vec::new(),
        })
    }

    fn exchange(&mut self, bytes: &[u8], is_head: bool) -> io::Result<Answer> {
        // An engine may answer and close before it has read all of a hostile request, so only
        // what can be read counts.
        let _ = self.stream.write_all(bytes);
        loop {
            let head = self.read_until(b"\r\n\r\n")?;
            let mut answer = parse_head(&head)?;
            if (100..200).contains(&answer.status) {
                continue;
            }
            if !is_head && !matches!(answer.status, 204 | 304) {
                answer.body = self.read_body(&mut answer)?;
            }
            return Ok(answer);
        }
    }

    fn read_body(&mut self, answer: &mut Answer) -> io::Result<Vec<u8>> {
        let is_chunked = answer
            .header("transfer-encoding")
            .is_some_and(|codings| codings.to_ascii_lowercase().contains("chunked"));
        if is_chunked {
            let mut body = Vec::new();
            loop {
                let line = self.read_until(b"\r\n")?;
                let size = String::from_utf8_lossy(&line);
                let size = size.split([';', '\r']).next().unwrap_or_default().trim();
                let size = usize::from_str_radix(size, 16).map_err(wrong)?;
                if size == 0 {
                    // Trailers, and the empty line.
                    while self.read_until(b"\r\n")? != b"\r\n" {}
                    return Ok(body);
                }
                body.extend(self.read_exactly(size)?);
                self.read_exactly(2)?;
            }
        }
        if let Some(length) = answer.header("content-length") {
            return self.read_exactly(length.trim().parse().map_err(wrong)?);
        }
        let mut body = std::mem::take(&mut self.rest);
        self.stream.read_to_end(&mut body)?;
        answer
            .headers
            .insert("connection".into(), vec!["close".into()]);
        Ok(body)
    }

    fn read_until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        let mut looked = 0;
        loop {
            let found = self.rest[looked..]
                .windows(end.len())
                .position(|w| w == end);
            if let Some(at) = found {
                let after = self.rest.split_off(looked + at + end.len());
                return Ok(std::mem::replace(&mut self.rest, after));
            }
            looked = self.rest.len().saturating_sub(end.len() - 1);
            self.read_more()?;
        }
    }

    fn read_exactly(&mut self, size: usize) -> io::Result<Vec<u8>> {
        while self.rest.len() < size {
            self.read_more()?;
        }
        let after = self.rest.split_off(size);
        Ok(std::mem::replace(&mut self.rest, after))
    }

    fn read_more(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 << 10];
        let count = self.stream.read(&mut buffer)?;
        if count == 0 || self.rest.len() > LONGEST {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.rest.extend_from_slice(&buffer[..count]);
        Ok(())
    }
}

fn parse_head(head: &[u8]) -> io::Result<Answer> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    let status = status
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.get(2..5))
        .ok_or_else(|| wrong(format!("no HTTP: {status:?}")))?;
    let mut answer = Answer {
        status: status.parse().map_err(wrong)?,
        ..Answer::default()
    };
    for line in lines {
        if let Some((name, value)) = line.split_once(':') {
            let values = answer.headers.entry(name.to_ascii_lowercase()).or_default();
            values.push(value.trim().to_owned());
        }
    }
    Ok(answer)
}

fn wrong(error: impl ToString) -> io::Error {
    io::Error::other(error.to_string())
}
