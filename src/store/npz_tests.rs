use super::*;
use proptest::prelude::*;

/// `value(i, j)` of `tests/fixtures/npz/make.py`, exact in float16.
fn expected(n_rows: usize, dim: usize) -> NpzArray {
    let values = (0..n_rows * dim).map(|i| i as f32 * 0.25 - 1.0).collect();
    NpzArray {
        shape: vec![n_rows, dim],
        values,
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/npz")
        .join(name)
}

fn read_bytes(bytes: &[u8]) -> Result<NpzArray, NpzError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.npz");
    std::fs::write(&path, bytes).unwrap();
    read_npz(&path, "features")
}

/// A zip with one stored member made of these bytes.
fn zip_with(npy: &[u8]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("features.npy", options).unwrap();
    zip.write_all(npy).unwrap();
    zip.finish().unwrap().into_inner()
}

fn npy_with(header: &str, data: &[u8]) -> Vec<u8> {
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.as_bytes());
    npy.extend(data);
    npy
}

#[test]
fn files_of_numpy_are_read() {
    for (file, key) in [
        ("savez_f16.npz", "features"),
        ("savez_f32.npz", "features"),
        ("savez_f64.npz", "features"),
        ("savez_big_endian.npz", "features"),
        ("savez_compressed.npz", "features"),
        ("savez_columns.npz", "features"),
        ("text.npz", "last_hidden_state"),
    ] {
        let array = read_npz(&fixture(file), key).unwrap();
        assert_eq!(array, expected(3, 4), "{file}");
    }
    let pooled = read_npz(&fixture("text.npz"), "pooler_output").unwrap();
    assert_eq!(pooled.shape, [4]);
    assert_eq!(pooled.values, expected(1, 4).values);
    let none = read_npz(&fixture("empty.npz"), "features").unwrap();
    assert_eq!(none.shape, [0, 4]);
}

#[test]
fn what_numpy_can_hold_and_we_cannot_use_is_refused() {
    for (file, key, words) in [
        ("objects.npz", "features", "holds Python objects"),
        ("integers.npz", "features", "holds '<i8'"),
        ("records.npz", "features", "save it as float32"),
        ("not_finite.npz", "features", "not finite"),
        (
            "text.npz",
            "features",
            "it holds `last_hidden_state`, `pooler_output`",
        ),
    ] {
        let error = read_npz(&fixture(file), key).unwrap_err().to_string();
        assert!(error.contains(words), "{file}: {error}");
        assert!(error.contains(file), "{error}");
    }
}

#[test]
fn what_is_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/out.npz");
    let (features, pooled) = (expected(75, 8), expected(1, 8));
    for float in [FloatType::F16, FloatType::F32] {
        let arrays = [("features", &features), ("pooler_output", &pooled)];
        write_npz(&path, &arrays, float).unwrap();
        assert_eq!(read_npz(&path, "features").unwrap(), features);
        assert_eq!(read_npz(&path, "pooler_output").unwrap(), pooled);
    }
    let wrong = NpzArray {
        shape: vec![2, 2],
        values: vec![0.0; 3],
    };
    let error = write_npz(&path, &[("x", &wrong)], FloatType::F32).unwrap_err();
    assert_eq!(error.to_string(), "[2, 2] is no shape for 3 values");
}

#[test]
fn lies_are_told_in_one_line() {
    let header = |descr: &str, shape: &str| {
        format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n")
    };
    let cases = [
        (header("'<f4'", "(75, 512)"), "claims the shape [75, 512]"),
        (
            header("'<f4'", "(1000000, 1000000)"),
            "claims 1000000000000 values",
        ),
        (
            header("'<f4'", "(9999999999, 9999999999)"),
            "no plain array",
        ),
        (header("'<f4'", "(-3, 4)"), "dimension cannot be negative"),
        (header("'<f4'", "(3,"), "could not parse"),
        (header("'|O'", "(3,)"), "holds Python objects"),
        (header("'<c8'", "(1,)"), "save it as float32"),
        (header(&"(".repeat(9000), "()"), "no plain array"),
        ("{}".to_owned(), "missing key"),
        (String::new(), "could not parse"),
    ];
    for (header, words) in cases {
        let error = read_bytes(&zip_with(&npy_with(&header, &[0; 4]))).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(words), "{header}: {error}");
    }
    let mut long = b"\x93NUMPY\x02\x00".to_vec();
    long.extend(u32::MAX.to_le_bytes());
    let error = read_bytes(&zip_with(&long)).unwrap_err().to_string();
    assert!(error.contains("header of 4294967295 bytes"), "{error}");
}

#[test]
fn broken_zips_are_told_in_one_line() {
    let sound = std::fs::read(fixture("savez_compressed.npz")).unwrap();
    for n_bytes in 0..sound.len() {
        let error = read_bytes(&sound[..n_bytes]).unwrap_err().to_string();
        assert!(!error.contains('\n'), "{error}");
    }
    let error = read_npz(Path::new("no/such.npz"), "features").unwrap_err();
    assert!(error.to_string().starts_with("cannot open no/such.npz"));
}

proptest! {
    /// No change of some bytes makes it panic, hang or read more than is there.
    #[test]
    fn damaged_files_never_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        file in prop::sample::select(vec!["savez_f32.npz", "savez_compressed.npz", "text.npz"]),
    ) {
        let mut bytes = std::fs::read(fixture(file)).unwrap();
        for (place, byte) in damage {
            let n = bytes.len();
            bytes[place.index(n)] = byte;
        }
        if let Ok(array) = read_bytes(&bytes) {
            prop_assert!(array.values.len() <= 12);
        }
    }
}
