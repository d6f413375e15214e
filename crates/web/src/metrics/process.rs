//! What the system knows about this process.

/// The resident memory in bytes. `None` where the system does not tell it as Linux does.
pub(super) fn resident_memory() -> Option<u64> {
    resident_memory_in(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// The field `VmRSS` of `/proc/self/status`, which is in units of 1,024 bytes.
fn resident_memory_in(status: &str) -> Option<u64> {
    let field = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    field.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_resident_memory() {
        assert_eq!(resident_memory_in("Name:\tv\nVmRSS:\t   12345 kB\nRssAnon:\t 1 kB\n"), Some(12_641_280));
        for status in ["", "VmRSS:\n", "VmRSS:\t1 MB\n", "VmRSS:\t18446744073709551615 kB\n"] {
            assert_eq!(resident_memory_in(status), None, "{status:?}");
        }
        #[cfg(target_os = "linux")]
        assert!(resident_memory().unwrap() > 1 << 20);
    }
}
