//! Which file the code at an address comes from, as `/proc/self/maps` has it.

use std::fs;

/// Code in memory that comes from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) start: u64,
    pub(super) end: u64,
    /// Where in the file it begins.
    pub(super) offset: u64,
    pub(super) file: String,
    /// Where the file begins in memory.
    base: u64,
}

/// All code of the process.
#[derive(Debug, Default)]
pub(super) struct Mappings(pub(super) Vec<Mapping>);

impl Mappings {
    /// Of this process as it is now; none where the system does not say.
    pub(super) fn of_this_process() -> Self {
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let mut mappings = Self::read(&maps);
        // What reads a profile takes the first one for the program.
        if let Ok(program) = std::env::current_exe() {
            mappings.0.sort_by_key(|mapping| mapping.file != program.to_string_lossy());
        }
        mappings
    }

    /// Reads lines of `start-end permissions offset device inode file`.
    fn read(maps: &str) -> Self {
        let mut base: Option<(&str, u64)> = None;
        let line = |line| {
            let (place, rest) = str::split_once(line, ' ')?;
            let (start, end) = place.split_once('-')?;
            let mut rest = rest.splitn(5, ' ');
            let (permissions, offset) = (rest.next()?, rest.next()?);
            let file = rest.nth(2)?.trim();
            let [start, end, offset] = [start, end, offset].map(|text| u64::from_str_radix(text, 16));
            let (start, end, offset) = (start.ok()?, end.ok()?, offset.ok()?);
            // All parts of a file stand one behind the other, the first one first.
            let begins = base.filter(|(of, _)| *of == file).map_or(start, |(_, begins)| begins);
            base = Some((file, begins));
            let is_code = permissions.contains('x') && file.starts_with('/');
            is_code.then(|| Mapping { start, end, offset, file: file.to_owned(), base: begins })
        };
        Self(maps.lines().filter_map(line).collect())
    }

    /// The place of an address among the mappings.
    pub(super) fn find(&self, address: u64) -> Option<usize> {
        self.0.iter().position(|mapping| (mapping.start..mapping.end).contains(&address))
    }

    /// An address as `addr2line -e FILE` takes it: `file+0x…`.
    pub(super) fn in_file(&self, address: u64) -> String {
        match self.find(address).map(|place| &self.0[place]) {
            Some(Mapping { file, base, .. }) => {
                let name = file.rsplit('/').next().unwrap_or_default();
                format!("{name}+{:#x}", address - base)
            }
            None => format!("{address:#x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_by_its_file_and_its_place_in_it() {
        let maps = "\
5600a000-5600b000 r--p 00000000 fe:00 12                                 /usr/bin/an engine
5600b000-5600f000 r-xp 00001000 fe:00 12                                 /usr/bin/an engine
7f00a000-7f00b000 rw-p 00000000 00:00 0
7ffd0000-7ffd1000 r-xp 00000000 00:00 0                                  [vdso]
";
        let mappings = Mappings::read(maps);
        let file = "/usr/bin/an engine".to_owned();
        let only = Mapping { start: 0x5600_b000, end: 0x5600_f000, offset: 0x1000, file, base: 0x5600_a000 };
        assert_eq!(mappings.0, [only]);
        assert_eq!(mappings.in_file(0x5600_b010), "an engine+0x1010");
        assert_eq!(mappings.in_file(0x7ffd_0001), "0x7ffd0001");
    }
}
