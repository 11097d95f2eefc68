//! A checkpoint by `torch.save`, read without running anything of it.
//!
//! A pickle is a program for a stack machine that may call any function. This one has no functions:
//! where the program calls the few that rebuild tensors it notes what they would rebuild, and every
//! other call or object becomes a thing of which only the attributes are kept. So options, states
//! of optimisers and classes that nobody here knows are stepped over.
//!
//! All values lie in one list and refer to each other by number: however deep or often a file nests
//! its values, nothing is copied and nothing recurses. Format: PyTorch 1.6 and later, a zip with
//! `data.pkl` and one file of bytes for each storage.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use burn::tensor::DType;
use zip::ZipArchive;

/// The programs of published detectors have some 100 kB.
const MAX_PROGRAM_BYTES: u64 = 64 << 20;

/// A hundred times as many as a large model has tensors.
const MAX_ITEMS: usize = 1 << 17;

/// Where a value lies in [`Pickle::values`].
type Place = usize;

/// Keys and values of a dictionary, an ordered one, or the attributes of an object.
type Items = Vec<(Place, Place)>;

#[derive(Debug)]
enum Value {
    /// What no reader of weights asks for.
    Other,
    Int(i64),
    Text(String),
    /// Tuples and lists.
    Row(Vec<Place>),
    Items(Items),
    /// Module and name of a class or function.
    Global(String),
    Storage(Storage),
    Tensor(StoredView),
}

#[derive(Clone, Debug)]
struct Storage {
    key: String,
    dtype: Option<DType>,
}

/// A tensor as a view of a storage: `offset` and `strides` count numbers.
#[derive(Clone, Debug)]
pub struct StoredView {
    key: String,
    pub dtype: DType,
    pub shape: Vec<usize>,
    strides: Vec<usize>,
    offset: usize,
}

/// A checkpoint that is open: its values, and its storages still on disk.
pub struct Pickle {
    archive: ZipArchive<BufReader<File>>,
    /// What the names of all files of the archive begin with.
    folder: String,
    values: Vec<Value>,
    root: Place,
}

impl Pickle {
    /// # Errors
    /// One line: why this is no such file.
    pub fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut archive =
            ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
        let program_name = archive
            .file_names()
            .filter_map(Result::ok)
            .find(|name| *name == "data.pkl" || name.ends_with("/data.pkl"))
            .map(std::borrow::Cow::into_owned)
            .ok_or("it is a zip without data.pkl, so not a checkpoint")?;
        let folder = program_name[..program_name.len() - "data.pkl".len()].to_owned();
        let entry = archive
            .by_name(&program_name)
            .map_err(|error| error.to_string())?;
        let mut program = Vec::new();
        entry
            .take(MAX_PROGRAM_BYTES + 1)
            .read_to_end(&mut program)
            .map_err(|error| error.to_string())?;
        if program.len() as u64 > MAX_PROGRAM_BYTES {
            return Err(format!(
                "its data.pkl has more than {MAX_PROGRAM_BYTES} bytes"
            ));
        }
        let mut machine = Machine::default();
        let root = machine.run(&program)?;
        Ok(Self {
            archive,
            folder,
            values: machine.values,
            root,
        })
    }

    /// The tensors of the dictionary under `key` of the outermost one, by name; `None` where there
    /// is no such dictionary.
    pub fn tensors_under(&self, key: &str) -> Option<Vec<(&str, &StoredView)>> {
        let under = self.get(self.root, key)?;
        Some(self.tensors_in(under))
    }

    /// The tensors of the outermost dictionary itself.
    pub fn tensors(&self) -> Vec<(&str, &StoredView)> {
        self.tensors_in(self.root)
    }

    /// A whole number among the options that training programs save as `opt`.
    pub fn option(&self, key: &str) -> Option<i64> {
        let options = self.get(self.root, "opt")?;
        match self.values[self.get(options, key)?] {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }

    fn tensors_in(&self, place: Place) -> Vec<(&str, &StoredView)> {
        let Value::Items(items) = &self.values[place] else {
            return Vec::new();
        };
        let tensor =
            |(key, value): &(Place, Place)| match (&self.values[*key], &self.values[*value]) {
                (Value::Text(name), Value::Tensor(tensor)) => Some((name.as_str(), tensor)),
                _ => None,
            };
        items.iter().filter_map(tensor).collect()
    }

    fn get(&self, place: Place, key: &str) -> Option<Place> {
        let Value::Items(items) = self.values.get(place)? else {
            return None;
        };
        let is_key = |place: Place| matches!(&self.values[place], Value::Text(text) if text == key);
        let found = items.iter().rev().find(|(name, _)| is_key(*name));
        found.map(|(_, value)| *value)
    }

    /// The bytes of a tensor, row-major.
    ///
    /// # Errors
    /// One line: the storage is missing or shorter than the tensor.
    pub fn read(&mut self, tensor: &StoredView) -> Result<Vec<u8>, String> {
        let short = "its bytes are cut short: download the file again";
        let name = format!("{}data/{}", self.folder, tensor.key);
        let entry = self.archive.by_name(&name);
        let entry = entry.map_err(|_| "its bytes are not in the file".to_owned())?;
        let size = tensor.dtype.size();
        let n_values = tensor.n_values().ok_or(short)?;
        let mut last = tensor.shape.iter().zip(&tensor.strides);
        let last = last.try_fold(tensor.offset, |at, (n, stride)| {
            n.saturating_sub(1).checked_mul(*stride)?.checked_add(at)
        });
        let n_needed = match n_values {
            0 => 0,
            _ => last.and_then(|last| last.checked_add(1)).ok_or(short)?,
        };
        let n_bytes = n_needed.checked_mul(size).ok_or(short)?;
        if entry.size() < n_bytes as u64 || n_values > n_needed {
            return Err(short.to_owned());
        }
        let mut storage = Vec::new();
        let read = entry.take(n_bytes as u64).read_to_end(&mut storage);
        read.map_err(|error| error.to_string())?;
        if storage.len() < n_bytes {
            return Err(short.to_owned());
        }
        let mut bytes = Vec::with_capacity(n_values * size);
        let mut index = vec![0; tensor.shape.len()];
        for _ in 0..n_values {
            let steps = index.iter().zip(&tensor.strides);
            let at = tensor.offset + steps.map(|(i, stride)| i * stride).sum::<usize>();
            bytes.extend_from_slice(&storage[at * size..(at + 1) * size]);
            for (i, n) in index.iter_mut().zip(&tensor.shape).rev() {
                *i += 1;
                if *i < *n {
                    break;
                }
                *i = 0;
            }
        }
        Ok(bytes)
    }
}

impl StoredView {
    /// `None` for a shape that no memory holds.
    fn n_values(&self) -> Option<usize> {
        let mut sizes = self.shape.iter();
        sizes.try_fold(1_usize, |n, size| n.checked_mul(*size))
    }
}

/// The stack machine while it runs.
#[derive(Default)]
struct Machine {
    values: Vec<Value>,
    stack: Vec<Place>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, Place>,
}

/// The rest of the program.
struct Bytes<'a>(&'a [u8]);

const CUT: &str = "its data.pkl is cut short or damaged";

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.array::<1>()?[0])
    }

    fn long(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn length(&mut self) -> Result<usize, String> {
        let length = u64::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| CUT.to_owned())
    }

    /// Up to the end of a line, without it.
    fn line(&mut self) -> Result<&'a [u8], String> {
        let at = self.0.iter().position(|byte| *byte == b'\n').ok_or(CUT)?;
        let line = self.take(at)?;
        self.take(1)?;
        Ok(line)
    }
}

fn text(bytes: &[u8]) -> Value {
    Value::Text(String::from_utf8_lossy(bytes).into_owned())
}

fn number(line: &[u8]) -> Value {
    let line = String::from_utf8_lossy(line);
    let digits = line.trim().trim_end_matches('L');
    digits.parse().map_or(Value::Other, Value::Int)
}

impl Machine {
    /// The value that is left when the program stops.
    fn run(&mut self, program: &[u8]) -> Result<Place, String> {
        let mut rest = Bytes(program);
        loop {
            match rest.byte()? {
                b'.' => return self.pop(),
                0x80 => drop(rest.byte()?),
                0x95 => drop(rest.length()?),
                // Scalars and texts.
                b'N' | 0x88 | 0x89 => self.push(Value::Other),
                b'I' | b'L' => self.push(number(rest.line()?)),
                b'F' => {
                    rest.line()?;
                    self.push(Value::Other);
                }
                b'G' => {
                    rest.take(8)?;
                    self.push(Value::Other);
                }
                b'J' => {
                    let value = i32::from_le_bytes(rest.array()?);
                    self.push(Value::Int(value.into()));
                }
                b'K' => {
                    let value = rest.byte()?;
                    self.push(Value::Int(value.into()));
                }
                b'M' => {
                    let value = u16::from_le_bytes(rest.array()?);
                    self.push(Value::Int(value.into()));
                }
                0x8a => {
                    let n = rest.byte()?.into();
                    let value = whole(rest.take(n)?);
                    self.push(value);
                }
                0x8b => {
                    let n = rest.long()? as usize;
                    let value = whole(rest.take(n)?);
                    self.push(value);
                }
                b'V' => self.push(text(rest.line()?)),
                b'S' => self.push(text(rest.line()?.trim_ascii_end())),
                b'X' | b'T' | b'B' => {
                    let n = rest.long()? as usize;
                    self.push(text(rest.take(n)?));
                }
                b'U' | b'C' | 0x8c => {
                    let n = rest.byte()?.into();
                    self.push(text(rest.take(n)?));
                }
                0x8d | 0x8e | 0x96 => {
                    let n = rest.length()?;
                    self.push(text(rest.take(n)?));
                }
                // Rows and dictionaries.
                b'(' => self.marks.push(self.stack.len()),
                b')' | b']' | 0x8f => self.push(Value::Row(Vec::new())),
                b'}' => self.push(Value::Items(Vec::new())),
                b't' | b'l' | 0x91 => {
                    let row = self.since_mark()?;
                    self.push(Value::Row(row));
                }
                b'd' => {
                    let row = self.since_mark()?;
                    self.push(Value::Items(pairs(&row)?));
                }
                op @ 0x85..=0x87 => {
                    let n = usize::from(op - 0x84);
                    let at = self.stack.len().checked_sub(n).ok_or(CUT)?;
                    let row = self.stack.split_off(at);
                    self.push(Value::Row(row));
                }
                b'a' => {
                    let value = self.pop()?;
                    self.append(vec![value])?;
                }
                b'e' | 0x90 => {
                    let row = self.since_mark()?;
                    self.append(row)?;
                }
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.set(vec![(key, value)])?;
                }
                b'u' => {
                    let row = self.since_mark()?;
                    self.set(pairs(&row)?)?;
                }
                // The stack and what is remembered of it.
                b'0' => drop(self.pop()?),
                b'1' => drop(self.since_mark()?),
                b'2' => {
                    let top = self.top()?;
                    self.stack.push(top);
                }
                b'q' => {
                    let at = rest.byte()?.into();
                    self.remember(at)?;
                }
                b'r' => {
                    let at = rest.long()?;
                    self.remember(at)?;
                }
                b'p' => {
                    let at = memo_index(rest.line()?)?;
                    self.remember(at)?;
                }
                0x94 => self.remember(self.memo.len() as u32)?,
                b'h' => {
                    let at = rest.byte()?.into();
                    self.recall(at)?;
                }
                b'j' => {
                    let at = rest.long()?;
                    self.recall(at)?;
                }
                b'g' => {
                    let at = memo_index(rest.line()?)?;
                    self.recall(at)?;
                }
                // Classes and calls.
                b'c' => {
                    let (module, name) = (rest.line()?, rest.line()?);
                    let (module, name) = (
                        String::from_utf8_lossy(module),
                        String::from_utf8_lossy(name),
                    );
                    self.push(Value::Global(format!("{module}.{name}")));
                }
                0x93 => {
                    let (name, module) = (self.pop()?, self.pop()?);
                    let global = match (&self.values[module], &self.values[name]) {
                        (Value::Text(module), Value::Text(name)) => format!("{module}.{name}"),
                        _ => return Err(CUT.to_owned()),
                    };
                    self.push(Value::Global(global));
                }
                b'R' => {
                    let (arguments, function) = (self.pop()?, self.pop()?);
                    let value = self.call(function, arguments);
                    self.push(value);
                }
                0x81 => {
                    self.pop()?;
                    self.pop()?;
                    self.push(Value::Items(Vec::new()));
                }
                0x92 => {
                    self.pop()?;
                    self.pop()?;
                    self.pop()?;
                    self.push(Value::Items(Vec::new()));
                }
                b'b' => {
                    let state = self.pop()?;
                    let items = match &self.values[state] {
                        Value::Items(items) => items.clone(),
                        _ => Vec::new(),
                    };
                    if matches!(self.values[self.top()?], Value::Items(_)) {
                        self.set(items)?;
                    }
                }
                b'Q' => {
                    let id = self.pop()?;
                    let value = self.storage(id);
                    self.push(value);
                }
                b'P' => {
                    rest.line()?;
                    self.push(Value::Other);
                }
                other => {
                    return Err(format!(
                        "its data.pkl has an unknown instruction {other:#x}"
                    ));
                }
            }
        }
    }

    fn push(&mut self, value: Value) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn pop(&mut self) -> Result<Place, String> {
        self.stack.pop().ok_or_else(|| CUT.to_owned())
    }

    fn top(&self) -> Result<Place, String> {
        self.stack.last().copied().ok_or_else(|| CUT.to_owned())
    }

    fn since_mark(&mut self) -> Result<Vec<Place>, String> {
        let mark = self.marks.pop().ok_or(CUT)?;
        if mark > self.stack.len() {
            return Err(CUT.to_owned());
        }
        Ok(self.stack.split_off(mark))
    }

    fn remember(&mut self, at: u32) -> Result<(), String> {
        let top = self.top()?;
        self.memo.insert(at, top);
        Ok(())
    }

    fn recall(&mut self, at: u32) -> Result<(), String> {
        self.stack.push(*self.memo.get(&at).ok_or(CUT)?);
        Ok(())
    }

    /// An object that poses as a list loses what is put in: nobody asks for it.
    fn append(&mut self, mut row: Vec<Place>) -> Result<(), String> {
        let top = self.top()?;
        if let Value::Row(values) = &mut self.values[top] {
            values.append(&mut row);
        }
        Ok(())
    }

    /// The same for one that poses as a dictionary.
    fn set(&mut self, mut items: Items) -> Result<(), String> {
        let top = self.top()?;
        if let Value::Items(known) = &mut self.values[top] {
            // A dictionary that is put into itself doubles each time.
            if known.len() + items.len() > MAX_ITEMS {
                return Err(format!(
                    "it has a dictionary of more than {MAX_ITEMS} items"
                ));
            }
            known.append(&mut items);
        }
        Ok(())
    }

    /// What a function would give: a tensor, a dictionary, or a thing without attributes.
    fn call(&self, function: Place, arguments: Place) -> Value {
        let nothing = Value::Items(Vec::new());
        let (Value::Global(name), Value::Row(row)) =
            (&self.values[function], &self.values[arguments])
        else {
            return nothing;
        };
        match (name.as_str(), row.as_slice()) {
            ("torch._utils._rebuild_tensor_v2", [storage, offset, shape, strides, ..]) => self
                .view(*storage, *offset, *shape, *strides)
                .unwrap_or(Value::Other),
            ("torch._utils._rebuild_parameter", [data, ..]) => match &self.values[*data] {
                Value::Tensor(tensor) => Value::Tensor(tensor.clone()),
                _ => Value::Other,
            },
            _ => nothing,
        }
    }

    fn view(&self, storage: Place, offset: Place, shape: Place, strides: Place) -> Option<Value> {
        let Value::Storage(storage) = &self.values[storage] else {
            return None;
        };
        let tensor = StoredView {
            key: storage.key.clone(),
            dtype: storage.dtype?,
            shape: self.sizes(shape)?,
            strides: self.sizes(strides)?,
            offset: self.size(offset)?,
        };
        (tensor.shape.len() == tensor.strides.len()).then_some(Value::Tensor(tensor))
    }

    fn size(&self, place: Place) -> Option<usize> {
        match self.values[place] {
            Value::Int(number) => usize::try_from(number).ok(),
            _ => None,
        }
    }

    fn sizes(&self, place: Place) -> Option<Vec<usize>> {
        match &self.values[place] {
            Value::Row(row) => row.iter().map(|place| self.size(*place)).collect(),
            _ => None,
        }
    }

    /// `('storage', class, key, device, n_values)`
    fn storage(&self, id: Place) -> Value {
        let Value::Row(row) = &self.values[id] else {
            return Value::Other;
        };
        let [_, class, key, ..] = row.as_slice() else {
            return Value::Other;
        };
        let (Value::Global(class), Value::Text(key)) = (&self.values[*class], &self.values[*key])
        else {
            return Value::Other;
        };
        let dtype = match class.as_str() {
            "torch.FloatStorage" => Some(DType::F32),
            "torch.DoubleStorage" => Some(DType::F64),
            "torch.HalfStorage" => Some(DType::F16),
            "torch.BFloat16Storage" => Some(DType::BF16),
            "torch.LongStorage" => Some(DType::I64),
            _ => None,
        };
        Value::Storage(Storage {
            key: key.clone(),
            dtype,
        })
    }
}

/// A whole number in two's complement, the lowest byte first; `Other` where it is larger than any
/// size.
fn whole(bytes: &[u8]) -> Value {
    if bytes.len() > 8 {
        return Value::Other;
    }
    let fill = match bytes.last() {
        Some(byte) if byte & 0x80 != 0 => 0xff,
        _ => 0,
    };
    let mut all = [fill; 8];
    all[..bytes.len()].copy_from_slice(bytes);
    Value::Int(i64::from_le_bytes(all))
}

fn memo_index(line: &[u8]) -> Result<u32, String> {
    let text = String::from_utf8_lossy(line);
    text.trim().parse().map_err(|_| CUT.to_owned())
}

fn pairs(row: &[Place]) -> Result<Items, String> {
    let (pairs, rest) = row.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(CUT.to_owned());
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(program: &[u8]) -> Result<(Machine, Place), String> {
        let mut machine = Machine::default();
        let root = machine.run(program)?;
        Ok((machine, root))
    }

    #[test]
    fn unknown_classes_and_calls_are_stepped_over() {
        // {"opt": EasyDict(), with an item and a state, "x": os.system("rm")}
        let program = b"\x80\x02}(X\x03\x00\x00\x00optceasydict\nEasyDict\n)\x81q\x01X\x01\x00\x00\x00aK\x05s}X\x01\x00\x00\x00bK\x06sbX\x01\x00\x00\x00xcos\nsystem\nX\x02\x00\x00\x00rm\x85Ru.";
        let (machine, root) = run(program).unwrap();
        let Value::Items(items) = &machine.values[root] else {
            panic!("no dictionary");
        };
        let Value::Items(opt) = &machine.values[items[0].1] else {
            panic!("no object");
        };
        assert_eq!(opt.len(), 2);
        assert!(matches!(&machine.values[items[1].1], Value::Items(items) if items.is_empty()));
    }

    #[test]
    fn programs_that_make_no_sense_are_errors_and_deep_ones_are_not() {
        for program in [
            &b""[..],
            b".",
            b"\x80",
            b"t.",
            b"(0u.",
            b"h\x01.",
            b"X\xff\xff\xff\x7fab.",
            b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffa.",
            b"(K\x01u.",
            b"\xff.",
            b"(K\x01K\x020001.",
        ] {
            assert!(run(program).is_err(), "{program:?}");
        }
        // A million tuples inside each other, and one that holds itself twice over, thirty times.
        let mut deep = vec![b')'];
        deep.extend(std::iter::repeat_n(0x85, 1_000_000));
        deep.push(b'.');
        assert!(run(&deep).is_ok());
        let mut wide = vec![b')'];
        for _ in 0..30 {
            wide.extend([b'2', 0x86]);
        }
        wide.push(b'.');
        assert!(run(&wide).is_ok());
    }

    #[test]
    fn long_numbers_have_a_sign() {
        for (bytes, number) in [
            (&[][..], 0),
            (&[0xff], -1),
            (&[0xff, 0], 255),
            (&[0, 1], 256),
        ] {
            assert!(matches!(whole(bytes), Value::Int(n) if n == number));
        }
        assert!(matches!(whole(&[1; 9]), Value::Other));
    }
}
