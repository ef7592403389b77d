//! The files of a build context as a tar, made while it is sent: only a few pieces of it are in
//! memory at any time. The same files always make the same tar.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a context is read from the disk of this machine while it is sent"
)]

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read, Write},
    sync::Arc,
};

use futures_util::{Stream, stream};
use hob_model::{
    Digest, Hasher,
    spec::{ContextEntry, ContextFiles, ContextKind, ContextSource},
};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};

/// Bytes of a piece.
const PIECE_BYTES: usize = 64 << 10;
/// Pieces under way.
const PIECES_MAX: usize = 8;
/// When all files were changed last: 1980-01-01, the earliest that every archive can say.
const CHANGED: u64 = 315_532_800;

/// The tar in pieces, and what became of making it.
pub(super) fn stream(
    files: &Arc<ContextFiles>,
) -> (impl Stream<Item = io::Result<Vec<u8>>> + Send + use<>, JoinHandle<io::Result<()>>) {
    let (send, receive) = mpsc::channel(PIECES_MAX);
    let files = Arc::clone(files);
    let sender = spawn_blocking(move || {
        let mut pieces = Pieces { send: send.clone(), piece: Vec::with_capacity(PIECE_BYTES) };
        let written = write(&files, &mut pieces).and_then(|()| pieces.flush());
        match written {
            Ok(()) => Ok(()),
            // The builder has its own reason for not listening any more.
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(why) => {
                // An end without the mark of the end would look complete to nobody, but this is
                // plain.
                let _ = send.blocking_send(Err(io::Error::other("broken off")));
                Err(why)
            }
        }
    });
    let pieces = stream::unfold(receive, |mut receive| async move {
        receive.recv().await.map(|piece: io::Result<Vec<u8>>| (piece, receive))
    });
    (pieces, sender)
}

/// Sends what is written in pieces.
struct Pieces {
    send: mpsc::Sender<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE_BYTES {
            self.flush()?;
        }
        let taken = bytes.len().min(PIECE_BYTES - self.piece.len());
        self.piece.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES));
        self.send.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// Writes the files in the order of their paths, each folder before what lies in it.
fn write(files: &ContextFiles, to: &mut impl Write) -> io::Result<()> {
    let mut tar = tar::Builder::new(to);
    let mut folders = BTreeSet::new();
    for (path, entry) in &files.0 {
        for (end, _) in path.match_indices('/') {
            let folder = path.get(..=end).unwrap_or_default();
            if folders.insert(folder) {
                let mut header = header(tar::EntryType::Directory, 0, 0o755);
                tar.append_data(&mut header, folder, io::empty())?;
            }
        }
        one(&mut tar, path, entry)?;
    }
    tar.finish()
}

fn one(tar: &mut tar::Builder<impl Write>, path: &str, entry: &ContextEntry) -> io::Result<()> {
    match &entry.kind {
        ContextKind::Link { target } => {
            let mut header = header(tar::EntryType::Symlink, 0, 0o777);
            tar.append_link(&mut header, path, target)
        }
        ContextKind::File { digest, bytes, executable, source } => {
            let mode = if *executable { 0o755 } else { 0o644 };
            let mut header = header(tar::EntryType::Regular, *bytes, mode);
            match source {
                ContextSource::Here(content) => {
                    tar.append_data(&mut header, path, &**content.expose())
                }
                ContextSource::OnDisk(place) => {
                    let named =
                        |why: io::Error| io::Error::new(why.kind(), format!("{path}: {why}"));
                    let file = File::open(place).map_err(named)?;
                    let mut read = Checked { file, left: *bytes, hasher: Hasher::default() };
                    tar.append_data(&mut header, path, &mut read).map_err(named)?;
                    read.check(digest).map_err(named)
                }
            }
        }
    }
}

/// A file that has to be what it was when the plan was made.
struct Checked {
    file: File,
    left: u64,
    hasher: Hasher,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let read = self.file.read(buffer)?;
        if read == 0 {
            return Err(changed());
        }
        self.left -= read as u64;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl Checked {
    fn check(mut self, digest: &Digest) -> io::Result<()> {
        let is_longer = self.file.read(&mut [0])? > 0;
        if is_longer || self.hasher.finish() != *digest { Err(changed()) } else { Ok(()) }
    }
}

fn changed() -> io::Error {
    io::Error::other("it was changed since the plan was made; plan again")
}

fn header(kind: tar::EntryType, size: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(CHANGED);
    header.set_uid(0);
    header.set_gid(0);
    header
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use futures_util::StreamExt;
    use hob_model::Secret;

    use super::*;

    fn file(content: &[u8], executable: bool, source: ContextSource) -> ContextEntry {
        let (digest, bytes) = (Digest::of(content), content.len() as u64);
        let kind = ContextKind::File { digest, bytes, executable, source };
        ContextEntry { kind, is_for_builder: false }
    }

    fn here(content: &[u8], executable: bool) -> ContextEntry {
        file(content, executable, ContextSource::Here(Secret::new(Arc::from(content))))
    }

    fn listed(tar: &[u8]) -> Vec<String> {
        let mut archive = tar::Archive::new(tar);
        let entries = archive.entries().unwrap();
        let one = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            let header = entry.header();
            let link = entry.link_name().unwrap().map(|it| it.display().to_string());
            assert_eq!(header.mtime().unwrap(), CHANGED);
            format!(
                "{:o} {} {content}{}",
                header.mode().unwrap(),
                entry.path().unwrap().display(),
                link.unwrap_or_default()
            )
        };
        entries.map(one).collect()
    }

    #[test]
    fn the_tar_is_sorted_and_plain() {
        let link = ContextKind::Link { target: "a/run.sh".to_owned() };
        let long = "x".repeat(150);
        let files = ContextFiles(
            [
                ("z".to_owned(), here(b"1", false)),
                ("a/run.sh".to_owned(), here(b"2", true)),
                (format!("a/{long}"), here(b"3", false)),
                ("link".to_owned(), ContextEntry { kind: link, is_for_builder: false }),
            ]
            .into(),
        );
        let mut tar = Vec::new();
        write(&files, &mut tar).unwrap();
        let expected = [
            "755 a/ ",
            "755 a/run.sh 2",
            &format!("644 a/{long} 3"),
            "777 link a/run.sh",
            "644 z 1",
        ];
        assert_eq!(listed(&tar), expected);
        let mut again = Vec::new();
        write(&files, &mut again).unwrap();
        assert_eq!(tar, again);
    }

    #[tokio::test]
    async fn a_large_file_goes_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        let content = vec![7; 3 << 20];
        std::fs::write(&path, &content).unwrap();
        let source = ContextSource::OnDisk(path.display().to_string());
        let files = ContextFiles([("large".to_owned(), file(&content, false, source))].into());
        let files = Arc::new(files);
        let (pieces, sender) = stream(&files);
        let sizes: Vec<usize> = pieces.map(|piece| piece.unwrap().len()).collect().await;
        assert!(sizes.iter().all(|size| *size <= PIECE_BYTES), "{sizes:?}");
        assert!(sizes.iter().sum::<usize>() > content.len());
        sender.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_file_that_changes_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for now in [&b"other"[..], b"longer than before", b"no"] {
            std::fs::write(&path, now).unwrap();
            let source = ContextSource::OnDisk(path.display().to_string());
            let files = ContextFiles([("a".to_owned(), file(b"12345", false, source))].into());
            let (pieces, sender) = stream(&Arc::new(files));
            let pieces: Vec<io::Result<_>> = pieces.collect().await;
            assert!(pieces.last().unwrap().is_err());
            let why = sender.await.unwrap().unwrap_err().to_string();
            assert_eq!(why, "a: it was changed since the plan was made; plan again");
        }
    }
}
