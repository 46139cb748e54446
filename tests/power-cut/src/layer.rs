//! The file layer ("VFS") that SQLite calls: <https://www.sqlite.org/vfs.html>.
//!
//! **Shape** of a file: [`Watched`], directly followed by the real layer's own file, in the memory
//! that SQLite allocates for both (`szOsFile` bytes). Every function passes its call on to the real
//! file; a write is noted before it is made, a flush after it is done: whatever happens in between
//! is never taken for safer than it is.
//!
//! Safety of every function here: SQLite calls a method only with a file that [`open`] has opened
//! and that is not closed yet, from one thread at a time for one file, and with buffers of the
//! lengths that it names.

use std::{
    ffi::{CStr, OsStr, c_char, c_int, c_void},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    ptr,
    sync::{Once, OnceLock},
};

use rusqlite::ffi::{
    SQLITE_IOERR, SQLITE_OK, sqlite3_file, sqlite3_filename, sqlite3_int64, sqlite3_io_methods,
    sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};

use crate::{disk::Operation, note};

/// A file as SQLite sees it. Its length keeps the real file behind it aligned to eight bytes, as
/// SQLite aligns what it allocates.
#[repr(C)]
struct Watched {
    base: sqlite3_file,
    /// Owned; none for a temporary file without a name.
    name: *mut PathBuf,
}

/// The real layer, which lives as long as the process.
struct Real(*mut sqlite3_vfs);

// SAFETY: SQLite's own layers may be used from any thread, and this pointer never changes.
unsafe impl Send for Real {}
// SAFETY: as above.
unsafe impl Sync for Real {}

static REAL: OnceLock<Real> = OnceLock::new();

/// Makes this the default layer of the process.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the name may be null, which asks for the default layer.
        let real = unsafe { sqlite3_vfs_find(ptr::null()) };
        assert!(!real.is_null(), "SQLite has a file layer");
        // SAFETY: SQLite's default layer is a valid value that nobody changes.
        let mut layer = unsafe { *real };
        let _ = REAL.set(Real(real));
        layer.pNext = ptr::null_mut();
        layer.zName = c"power-cut".as_ptr();
        layer.szOsFile += size_of::<Watched>() as c_int;
        layer.xOpen = Some(open);
        layer.xDelete = Some(delete);
        // SAFETY: the layer is never freed, and all its functions are valid.
        let registered = unsafe { sqlite3_vfs_register(Box::into_raw(Box::new(layer)), 1) };
        assert_eq!(registered, SQLITE_OK, "SQLite takes the layer");
    });
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 3,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: Some(fetch),
    xUnfetch: Some(unfetch),
};

fn real_layer() -> *mut sqlite3_vfs {
    REAL.get().map_or(ptr::null_mut(), |real| real.0)
}

/// The real layer's file, behind ours.
fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    file.cast::<Watched>().wrapping_add(1).cast()
}

fn name<'a>(file: *mut sqlite3_file) -> Option<&'a Path> {
    // SAFETY: the name is set when the file is opened and freed when it is closed.
    unsafe { (*file.cast::<Watched>()).name.as_ref() }.map(PathBuf::as_path)
}

fn path(name: *const c_char) -> PathBuf {
    // SAFETY: names that SQLite passes are strings that end with zero.
    let name = unsafe { CStr::from_ptr(name) };
    OsStr::from_bytes(name.to_bytes()).into()
}

/// Calls a method of the real file.
macro_rules! pass_on {
    ($file:ident, $method:ident $(, $argument:expr)*) => {{
        let real = real($file);
        // SAFETY: see the module's head; the real file was opened by its own layer.
        unsafe {
            match (*(*real).pMethods).$method {
                Some(method) => method(real $(, $argument)*),
                None => SQLITE_IOERR,
            }
        }
    }};
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let layer = real_layer();
    // SAFETY: the real layer opens a file in the memory that was allocated for it.
    let opened = unsafe {
        match (*layer).xOpen {
            Some(open) => open(layer, name, real(file), flags, out_flags),
            None => SQLITE_IOERR,
        }
    };
    let watched = file.cast::<Watched>();
    let owned = if name.is_null() || opened != SQLITE_OK {
        ptr::null_mut()
    } else {
        Box::into_raw(Box::new(path(name)))
    };
    // SAFETY: SQLite allocated the file for us. Without methods it is not closed.
    unsafe {
        (*watched).name = owned;
        (*file).pMethods = if opened == SQLITE_OK {
            &raw const METHODS
        } else {
            ptr::null()
        };
    }
    opened
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    let layer = real_layer();
    // SAFETY: the arguments are SQLite's.
    let deleted = unsafe {
        match (*layer).xDelete {
            Some(delete) => delete(layer, name, sync),
            None => SQLITE_IOERR,
        }
    };
    if deleted == SQLITE_OK {
        note(&path(name), |file| Operation::Delete { file });
    }
    deleted
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let closed = pass_on!(file, xClose);
    let watched = file.cast::<Watched>();
    // SAFETY: the name was made by `open`, and nobody uses the file any more.
    unsafe {
        if !(*watched).name.is_null() {
            drop(Box::from_raw((*watched).name));
            (*watched).name = ptr::null_mut();
        }
    }
    closed
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    amount: c_int,
    offset: sqlite3_int64,
) -> c_int {
    if let Some(name) = name(file) {
        let length = usize::try_from(amount).unwrap_or(0);
        // SAFETY: SQLite passes a buffer of this length.
        let written = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length) };
        note(name, |file| Operation::Write {
            file,
            offset: usize::try_from(offset).unwrap_or(0),
            bytes: written.to_vec(),
        });
    }
    pass_on!(file, xWrite, bytes, amount, offset)
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    if let Some(name) = name(file) {
        note(name, |file| Operation::Truncate {
            file,
            length: usize::try_from(size).unwrap_or(0),
        });
    }
    pass_on!(file, xTruncate, size)
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    let synced = pass_on!(file, xSync, flags);
    if let Some(name) = name(file)
        && synced == SQLITE_OK
    {
        note(name, |file| Operation::Flush { file });
    }
    synced
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    bytes: *mut c_void,
    amount: c_int,
    offset: sqlite3_int64,
) -> c_int {
    pass_on!(file, xRead, bytes, amount, offset)
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    pass_on!(file, xFileSize, size)
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass_on!(file, xLock, level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass_on!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, is_held: *mut c_int) -> c_int {
    pass_on!(file, xCheckReservedLock, is_held)
}

unsafe extern "C" fn file_control(
    file: *mut sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    pass_on!(file, xFileControl, operation, argument)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    pass_on!(file, xSectorSize)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    pass_on!(file, xDeviceCharacteristics)
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    mapped: *mut *mut c_void,
) -> c_int {
    pass_on!(file, xShmMap, region, size, extend, mapped)
}

unsafe extern "C" fn shm_lock(
    file: *mut sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    pass_on!(file, xShmLock, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    let real = real(file);
    // SAFETY: see the module's head.
    unsafe {
        if let Some(barrier) = (*(*real).pMethods).xShmBarrier {
            barrier(real);
        }
    }
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    pass_on!(file, xShmUnmap, delete)
}

unsafe extern "C" fn fetch(
    file: *mut sqlite3_file,
    offset: sqlite3_int64,
    amount: c_int,
    mapped: *mut *mut c_void,
) -> c_int {
    pass_on!(file, xFetch, offset, amount, mapped)
}

unsafe extern "C" fn unfetch(
    file: *mut sqlite3_file,
    offset: sqlite3_int64,
    mapped: *mut c_void,
) -> c_int {
    pass_on!(file, xUnfetch, offset, mapped)
}
