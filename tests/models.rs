//! Model directories from anywhere: those of published size load within bounds, and whatever is
//! wrong with one is told in one line, without a crash and without trusting what a file claims.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use burn::tensor::DType;
use image::RgbImage;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use vcl::model::encoder::clip::{ClipConfig, ClipTokenizer};
use vcl::model::encoder::pixel_tensor;
use vcl::model::encoder::siglip::SiglipConfig;
use vcl::model::encoder::weights;
use vcl::model::{ComputeDevice, Encoder, ModelError, ModelFiles, Preprocess, TextFiles};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

#[path = "support/full_size.rs"]
mod full_size;

fn fixture(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(model)
}

/// A copy of `clip-tiny` to be damaged.
struct ModelDir(tempfile::TempDir);

impl ModelDir {
    const FILES: [&str; 4] = [
        "config.json",
        "preprocessor_config.json",
        "tokenizer.json",
        "model.safetensors",
    ];

    fn new() -> Self {
        let dir = Self(tempfile::tempdir().unwrap());
        for file in Self::FILES {
            fs::copy(fixture("clip-tiny").join(file), dir.file(file)).unwrap();
        }
        dir
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.file(name), contents).unwrap();
    }

    fn edit_json(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut json = serde_json::from_slice(&fs::read(self.file(name)).unwrap()).unwrap();
        edit(&mut json);
        self.write(name, serde_json::to_vec(&json).unwrap());
    }

    /// Rewrites the weights with other tensors: name, type, shape, bytes.
    fn edit_tensors(&self, edit: impl FnOnce(&mut Vec<(String, Dtype, Vec<usize>, Vec<u8>)>)) {
        let bytes = fs::read(self.file("model.safetensors")).unwrap();
        let mut tensors = SafeTensors::deserialize(&bytes)
            .unwrap()
            .tensors()
            .into_iter()
            .map(|(name, view)| {
                (
                    name,
                    view.dtype(),
                    view.shape().to_vec(),
                    view.data().to_vec(),
                )
            })
            .collect();
        edit(&mut tensors);
        let views = tensors.iter().map(|(name, dtype, shape, data)| {
            (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        self.write(
            "model.safetensors",
            safetensors::serialize(views, None).unwrap(),
        );
    }

    /// Weights that are a header and `n_data` bytes of zeros.
    fn write_header(&self, claimed_len: u64, header: &str, n_data: usize) {
        let mut bytes = claimed_len.to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + n_data, 0);
        self.write("model.safetensors", bytes);
    }

    fn complaint(&self) -> String {
        complaint(self.0.path())
    }
}

fn load(dir: &Path) -> Result<Encoder, ModelError> {
    Encoder::load(&ModelFiles::from_dir(dir)?, &ComputeDevice::cpu())
}

/// Why `dir` does not load: one short line.
#[track_caller]
fn complaint(dir: &Path) -> String {
    let Err(error) = load(dir) else {
        panic!("{} loads", dir.display());
    };
    let message = error.to_string();
    println!("{message}");
    assert!(!message.contains('\n') && message.len() < 500, "{message}");
    message
}

#[track_caller]
fn assert_tells(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{message:?} does not tell {part:?}");
    }
}

#[test]
fn the_copy_loads_before_it_is_damaged() {
    let dir = ModelDir::new();
    load(dir.0.path()).unwrap();
    dir.edit_tensors(|_| ());
    load(dir.0.path()).unwrap();
}

#[test]
fn a_missing_tensor_is_named() {
    let dir = ModelDir::new();
    let gone = "vision_model.encoder.layers.1.self_attn.k_proj.weight";
    dir.edit_tensors(|tensors| tensors.retain(|(name, ..)| name != gone));
    assert_tells(&dir.complaint(), &[gone, "missing"]);

    let norm = "text_model.final_layer_norm.bias";
    dir.edit_tensors(|tensors| tensors.retain(|(name, ..)| name != norm));
    assert_tells(&dir.complaint(), &["missing", "1 more"]);
}

#[test]
fn an_unknown_tensor_is_named() {
    let dir = ModelDir::new();
    let extra = "vision_model.encoder.layers.3.layer_norm1.weight";
    dir.edit_tensors(|tensors| {
        tensors.push((extra.into(), Dtype::F32, vec![96], vec![0; 4 * 96]));
    });
    assert_tells(&dir.complaint(), &[extra, "not part of the model"]);
}

#[test]
fn a_tensor_of_another_shape_is_named_with_both_shapes() {
    let reshape = |name: &'static str, shape: &'static [usize]| {
        let dir = ModelDir::new();
        dir.edit_tensors(|tensors| {
            let tensor = tensors.iter_mut().find(|tensor| tensor.0 == name).unwrap();
            tensor.2 = shape.to_vec();
            tensor.3 = vec![0; 4 * shape.iter().product::<usize>()];
        });
        dir.complaint()
    };
    let projection = reshape("visual_projection.weight", &[96, 48]);
    assert_tells(
        &projection,
        &["visual_projection.weight", "[96, 48]", "[48, 96]"],
    );
    let flat = reshape("text_model.encoder.layers.0.mlp.fc1.weight", &[16384]);
    assert_tells(&flat, &["mlp.fc1.weight", "[16384]", "[256, 64]"]);
    let norm = reshape("text_model.final_layer_norm.weight", &[8, 8]);
    assert_tells(&norm, &["final_layer_norm.weight", "[8, 8]", "[64]"]);
    let scale = reshape("logit_scale", &[2]);
    assert_tells(&scale, &["logit_scale", "[2]", "[1]"]);
    let nothing = reshape("vision_model.embeddings.class_embedding", &[0]);
    assert_tells(&nothing, &["class_embedding", "[0]", "[96]"]);
}

#[test]
fn weights_that_are_no_floats_are_named() {
    for dtype in [Dtype::I32, Dtype::U32] {
        let dir = ModelDir::new();
        dir.edit_tensors(|tensors| {
            let name = "text_projection.weight";
            tensors
                .iter_mut()
                .find(|tensor| tensor.0 == name)
                .unwrap()
                .1 = dtype;
        });
        assert_tells(
            &dir.complaint(),
            &["text_projection.weight", "32", "not floats"],
        );
    }
}

#[test]
fn a_file_cut_short_is_told() {
    let whole = fs::read(fixture("clip-tiny").join("model.safetensors")).unwrap();
    let header_len = 8 + u64::from_le_bytes(*whole.first_chunk().unwrap()) as usize;
    for n_left in [0, 5, 8, 100, header_len, header_len + 1000, whole.len() - 1] {
        let dir = ModelDir::new();
        dir.write("model.safetensors", &whole[..n_left]);
        assert_tells(&dir.complaint(), &["model.safetensors"]);
    }
    let dir = ModelDir::new();
    dir.write("model.safetensors", [&whole[..], &[0; 64]].concat());
    assert_tells(&dir.complaint(), &["download it again"]);
}

#[test]
fn a_file_of_something_else_is_told() {
    for contents in [
        "version https://git-lfs.github.com/spec/v1\n",
        "<!DOCTYPE html>",
        "{}",
    ] {
        let dir = ModelDir::new();
        dir.write("model.safetensors", contents);
        assert_tells(&dir.complaint(), &["model.safetensors"]);
        fs::rename(dir.file("model.safetensors"), dir.file("pytorch_model.bin")).unwrap();
        assert_tells(&dir.complaint(), &["pytorch_model.bin"]);
    }
}

#[test]
fn a_damaged_pytorch_file_is_told() {
    let zip_end = [b"PK\x05\x06".as_slice(), &[0xff; 18]].concat();
    let pickle = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01u.";
    for contents in [
        b"".as_slice(),
        &zip_end,
        b"PK\x03\x04",
        pickle,
        &[0x80; 4096],
    ] {
        let dir = ModelDir::new();
        fs::remove_file(dir.file("model.safetensors")).unwrap();
        dir.write("pytorch_model.bin", contents);
        dir.complaint();
    }
}

#[test]
fn code_in_a_pickle_is_not_run() {
    let dir = ModelDir::new();
    fs::remove_file(dir.file("model.safetensors")).unwrap();
    let mark = dir.file("mark");
    let pickle = format!("cposix\nsystem\n(S'touch {}'\ntR.", mark.display());
    let mut archive = zip::ZipWriter::new(fs::File::create(dir.file("pytorch_model.bin")).unwrap());
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, contents) in [
        ("data.pkl", pickle.as_bytes()),
        ("byteorder", b"little"),
        ("version", b"3\n"),
    ] {
        archive
            .start_file(format!("pytorch_model/{name}"), stored)
            .unwrap();
        archive.write_all(contents).unwrap();
    }
    archive.finish().unwrap();
    dir.complaint();
    assert!(!mark.exists());
}

#[test]
fn missing_and_empty_files_are_named() {
    for file in ModelDir::FILES {
        let dir = ModelDir::new();
        dir.write(file, "");
        assert_tells(&dir.complaint(), &[file]);
        fs::remove_file(dir.file(file)).unwrap();
        assert_tells(&dir.complaint(), &[file, "has no"]);
        fs::create_dir(dir.file(file)).unwrap();
        assert_tells(&dir.complaint(), &[file]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_an_endless_file_is_told() {
    for file in ModelDir::FILES {
        let dir = ModelDir::new();
        fs::remove_file(dir.file(file)).unwrap();
        std::os::unix::fs::symlink("/dev/zero", dir.file(file)).unwrap();
        assert_tells(&dir.complaint(), &[file]);
    }
}

#[test]
fn a_directory_that_is_none_is_told() {
    let file = fixture("clip-tiny").join("config.json");
    assert_tells(&complaint(&file), &["is not a directory", "config.json"]);
    assert_tells(
        &complaint(&file.with_file_name("nowhere")),
        &["no model directory"],
    );
}

#[test]
fn a_config_that_no_model_can_have_is_told() {
    for (tower, field, value, told) in [
        (
            "text_config",
            "num_attention_heads",
            json!(0),
            "num_attention_heads",
        ),
        (
            "vision_config",
            "num_attention_heads",
            json!(0),
            "num_attention_heads",
        ),
        ("vision_config", "num_attention_heads", json!(5), "heads"),
        ("vision_config", "hidden_size", json!(0), "hidden_size"),
        (
            "vision_config",
            "hidden_size",
            json!(1_u64 << 60),
            "hidden_size",
        ),
        ("text_config", "vocab_size", json!(u64::MAX), "vocab_size"),
        (
            "text_config",
            "num_hidden_layers",
            json!(1_000_000_000),
            "num_hidden_layers",
        ),
        (
            "text_config",
            "max_position_embeddings",
            json!(1),
            "max_position_embeddings",
        ),
        (
            "vision_config",
            "image_size",
            json!(1_000_000),
            "image_size",
        ),
        ("vision_config", "patch_size", json!(0), "patch_size"),
        ("vision_config", "num_channels", json!(4), "num_channels"),
        ("text_config", "layer_norm_eps", json!(0), "layer_norm_eps"),
        ("text_config", "hidden_act", json!("relu"), "relu"),
        ("text_config", "hidden_size", json!(-64), "-64"),
        ("text_config", "hidden_size", json!("wide"), "wide"),
    ] {
        let dir = ModelDir::new();
        dir.edit_json("config.json", |config| config[tower][field] = value);
        assert_tells(&dir.complaint(), &["config.json", told]);
    }
    for contents in ["[]", "{", "null", "{\"text_config\": {}}", "\u{0}\u{0}"] {
        let dir = ModelDir::new();
        dir.write("config.json", contents);
        assert_tells(&dir.complaint(), &["config.json"]);
    }
    let dir = ModelDir::new();
    dir.write("config.json", "[".repeat(100_000));
    assert_tells(&dir.complaint(), &["config.json"]);
}

/// A family that vcl does not know is refused by name before anything of it is loaded, also where all
/// else could be a CLIP's.
#[test]
fn a_model_of_another_family_is_refused_by_name() {
    let dir = ModelDir::new();
    dir.edit_json("config.json", |config| {
        config["model_type"] = json!("siglip2");
        config["text_config"]["model_type"] = json!("siglip2_text_model");
        config["vision_config"]["model_type"] = json!("siglip2_vision_model");
    });
    assert_tells(&dir.complaint(), &["\"siglip2\"", "NaFlex", "config.json"]);
    for file in ["tokenizer.json", "model.safetensors"] {
        dir.write(file, "not looked at");
    }
    assert_tells(&dir.complaint(), &["\"siglip2\"", "config.json"]);
    let long = "a\nb".repeat(10_000);
    dir.edit_json("config.json", |config| config["model_type"] = json!(long));
    assert_tells(&dir.complaint(), &["config.json"]);
}

/// What is wrong with a SigLIP is told as with a CLIP.
#[test]
fn a_damaged_siglip_is_told() {
    let copy = || copy_of("siglip-tiny");
    load(copy().0.path()).unwrap();
    let table = "text_model.embeddings.token_embedding.weight";
    let fused = "vision_model.head.attention.in_proj_weight";
    let dir = copy();
    dir.edit_tensors(|tensors| tensors.retain(|(name, ..)| name != table));
    assert_tells(&dir.complaint(), &[table, "missing"]);
    let dir = copy();
    dir.edit_json("config.json", |config| {
        config["text_config"]["vocab_size"] = json!(870);
    });
    assert_tells(&dir.complaint(), &[table, "[860, 48]", "[870, 48]"]);
    let dir = copy();
    dir.edit_tensors(|tensors| {
        let tensor = tensors.iter_mut().find(|tensor| tensor.0 == fused).unwrap();
        tensor.2 = vec![7, 1];
        tensor.3 = vec![0; 28];
    });
    assert_tells(&dir.complaint(), &[fused, "cut in three"]);
    let dir = copy();
    dir.edit_tensors(|tensors| tensors.retain(|(name, ..)| name != fused));
    assert_tells(
        &dir.complaint(),
        &["head.attention.q_proj.weight", "missing"],
    );
    let dir = copy();
    fs::remove_file(dir.file("tokenizer.json")).unwrap();
    fs::copy(
        fixture("clip-tiny").join("tokenizer.json"),
        dir.file("tokenizer.json"),
    )
    .unwrap();
    assert_tells(&dir.complaint(), &["tokenizer.json"]);
    let dir = copy();
    dir.edit_json("preprocessor_config.json", |config| {
        config["size"] = json!({"height": 64, "width": 80});
    });
    assert_tells(
        &dir.complaint(),
        &["preprocessor_config.json", "64 pixels square"],
    );
}

/// Each is told by its name also where files are missing that it never had.
#[test]
fn other_families_are_named_before_missing_files_are() {
    for (model_type, name) in [
        ("siglip2", "a SigLIP 2 of variable resolution (NaFlex)"),
        ("chinese_clip", "Chinese-CLIP"),
        ("clip_vision_model", "only the image half of a CLIP"),
        ("whisper", "a model of another family"),
    ] {
        let dir = ModelDir::new();
        dir.edit_json("config.json", |config| {
            config["model_type"] = json!(model_type);
        });
        fs::remove_file(dir.file("tokenizer.json")).unwrap();
        fs::remove_file(dir.file("preprocessor_config.json")).unwrap();
        let told = dir.complaint();
        assert_tells(&told, &[&format!("this is {name} (type {model_type:?})")]);
        assert_tells(&told, &["choose a CLIP or SigLIP model"]);
    }
    // Where the whole model does not say it, its text tower does.
    let dir = ModelDir::new();
    dir.edit_json("config.json", |config| {
        config.as_object_mut().unwrap().remove("model_type");
        config["text_config"]["model_type"] = json!("siglip2_text_model");
    });
    assert_tells(&dir.complaint(), &["this is a SigLIP 2"]);
}

/// A copy of the fixture `model` to be damaged.
fn copy_of(model: &str) -> ModelDir {
    let dir = ModelDir(tempfile::tempdir().unwrap());
    for entry in fs::read_dir(fixture(model)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, dir.file(path.file_name().unwrap().to_str().unwrap())).unwrap();
        }
    }
    dir
}

#[test]
fn what_is_wrong_with_a_model_of_open_clip_is_told() {
    let config = "open_clip_config.json";
    let dir = copy_of("openclip-tiny");
    assert!(ModelFiles::are_in(dir.0.path()));
    load(dir.0.path()).unwrap();
    for (file, told) in [
        (
            "open_clip_model.safetensors",
            "has no open_clip_model.safetensors",
        ),
        ("tokenizer.json", "has no tokenizer.json"),
        (config, "has no open_clip_config.json"),
    ] {
        let dir = copy_of("openclip-tiny");
        fs::remove_file(dir.file(file)).unwrap();
        assert_tells(&dir.complaint(), &[told]);
        assert!(!ModelFiles::are_in(dir.0.path()));
    }
    for (part, field, value, told) in [
        (
            "vision_cfg",
            "timm_model_name",
            json!("vit_base_patch16_siglip_256"),
            "vit_base_patch16_siglip_256",
        ),
        ("vision_cfg", "layers", json!([3, 4, 6, 3]), "convolutional"),
        (
            "text_cfg",
            "hf_model_name",
            json!("xlm-roberta-base"),
            "xlm-roberta-base",
        ),
        ("text_cfg", "pool_type", json!("last"), "text_cfg.pool_type"),
        ("text_cfg", "width", json!(1_u64 << 60), "hidden_size"),
    ] {
        let dir = copy_of("openclip-tiny");
        dir.edit_json(config, |config| config["model_cfg"][part][field] = value);
        assert_tells(&dir.complaint(), &[config, told]);
    }
    for (field, value) in [
        ("resize_mode", json!("longest")),
        ("interpolation", json!("random")),
    ] {
        let dir = copy_of("openclip-tiny");
        dir.edit_json(config, |config| config["preprocess_cfg"][field] = value);
        assert_tells(&dir.complaint(), &[config, field]);
    }
    // LAION publishes some models in both layouts in one directory, timm puts a config of its own beside it.
    let dir = ModelDir::new();
    dir.write(config, "{}");
    load(dir.0.path()).unwrap();
    let dir = copy_of("openclip-tiny");
    dir.write(
        "config.json",
        r#"{"architecture": "vit_base_patch32_clip_224"}"#,
    );
    load(dir.0.path()).unwrap();
}

#[test]
fn a_program_of_torch_is_told_from_weights() {
    let dir = copy_of("openai-tiny");
    load(dir.0.path()).unwrap();
    let mark = dir.file("mark");
    let mut archive = zip::ZipWriter::new(fs::File::create(dir.file("tiny.pt")).unwrap());
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let pickle = format!("cposix\nsystem\n(S'touch {}'\ntR.", mark.display());
    for name in [
        "tiny/data.pkl",
        "tiny/constants.pkl",
        "tiny/code/__torch__.py",
    ] {
        archive.start_file(name, stored).unwrap();
        archive.write_all(pickle.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
    assert_tells(&dir.complaint(), &["TorchScript", "state_dict()"]);
    assert!(!mark.exists());
    fs::write(dir.file("other.pt"), "").unwrap();
    assert_tells(&dir.complaint(), &["has no"]);
}

#[test]
fn a_tokenizer_of_sentencepiece_alone_is_told() {
    let dir = copy_of("siglip-tiny");
    fs::rename(dir.file("tokenizer.json"), dir.file("spiece.model")).unwrap();
    assert_tells(&dir.complaint(), &["spiece.model only", "Xenova"]);
}

#[test]
fn what_is_wrong_with_a_text_tower_is_told() {
    let copy = || {
        let dir = copy_of("distil-tiny");
        for folder in ["1_Pooling", "2_Dense"] {
            fs::create_dir(dir.file(folder)).unwrap();
            for entry in fs::read_dir(fixture("distil-tiny").join(folder)).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), dir.file(folder).join(entry.file_name())).unwrap();
            }
        }
        dir
    };
    let load_beside = |images: &str, dir: &ModelDir| {
        let images = ModelFiles::from_dir(&fixture(images)).unwrap();
        let text = TextFiles::from_dir(dir.0.path())?;
        Encoder::load(&images.with_text(text), &ComputeDevice::cpu())
    };
    let told = |images: &str, dir: &ModelDir| match load_beside(images, dir) {
        Ok(_) => panic!("it loads"),
        Err(error) => error.to_string(),
    };
    let whole = copy();
    load_beside("clip-tiny", &whole).unwrap();
    assert!(ModelFiles::are_in(whole.0.path()));
    assert_tells(
        &whole.complaint(),
        &["text tower without an image tower", "+"],
    );
    assert_tells(
        &told("clip-alt", &whole),
        &["48 numbers", "do not belong together"],
    );
    assert_tells(&told("siglip-tiny", &whole), &["siglip"]);
    for (file, field, value, parts) in [
        (
            "1_Pooling/config.json",
            "pooling_mode_cls_token",
            json!(true),
            &["pooling", "mean"][..],
        ),
        (
            "2_Dense/config.json",
            "activation_function",
            json!("torch.nn.Tanh"),
            &["dense", "Tanh"],
        ),
        (
            "2_Dense/config.json",
            "in_features",
            json!(7),
            &["dense", "7"],
        ),
        ("config.json", "n_heads", json!(7), &["heads"]),
    ] {
        let dir = copy();
        dir.edit_json(file, |config| config[field] = value);
        assert_tells(&told("clip-tiny", &dir), parts);
    }
    let dir = copy();
    dir.edit_json("modules.json", |modules| {
        modules[2]["path"] = json!("../2_Dense");
    });
    assert_tells(&told("clip-tiny", &dir), &["modules.json", "2_Dense"]);
    let dir = copy();
    dir.edit_json("modules.json", |modules| {
        modules[1]["type"] = json!("sentence_transformers.models.LSTM");
    });
    assert_tells(&told("clip-tiny", &dir), &["Pooling"]);
    fs::remove_file(whole.file("2_Dense/model.safetensors")).unwrap();
    assert_tells(
        &told("clip-tiny", &whole),
        &["2_Dense", "model.safetensors"],
    );
    assert!(!ModelFiles::are_in(whole.0.path()));
}

#[test]
fn a_model_of_sentence_transformers_is_found_in_its_subdirectory() {
    let whole = tempfile::tempdir().unwrap();
    let inner = whole.path().join("0_CLIPModel");
    fs::create_dir(&inner).unwrap();
    fs::write(whole.path().join("modules.json"), "[]").unwrap();
    for file in ModelDir::FILES {
        fs::copy(fixture("clip-tiny").join(file), inner.join(file)).unwrap();
    }
    assert!(ModelFiles::are_in(whole.path()));
    assert_eq!(embed_both(whole.path()), embed_both(&fixture("clip-tiny")));

    // As the published ones are: the tokenizer in the form from before tokenizer.json.
    fs::remove_file(inner.join("tokenizer.json")).unwrap();
    fs::write(inner.join("vocab.json"), "{}").unwrap();
    fs::write(inner.join("merges.txt"), "").unwrap();
    assert_tells(
        &complaint(whole.path()),
        &["0_CLIPModel", "vocab.json and merges.txt only"],
    );
    assert!(!ModelFiles::are_in(whole.path()));
}

#[test]
fn the_processor_of_transformers_5_gives_the_same_model() {
    let old = "preprocessor_config.json";
    for is_full in [false, true] {
        let dir = ModelDir::new();
        let mut config: Value = serde_json::from_slice(&fs::read(dir.file(old)).unwrap()).unwrap();
        if is_full {
            // It writes out what it does not use.
            config["image_processor_type"] = json!("CLIPImageProcessorFast");
            config["size"] = json!({"height": null, "shortest_edge": 64, "longest_edge": null});
            config["data_format"] = json!("channels_first");
        }
        let processor = json!({"image_processor": config, "processor_class": "CLIPProcessor"});
        dir.write("processor_config.json", processor.to_string());
        fs::remove_file(dir.file(old)).unwrap();
        assert!(ModelFiles::are_in(dir.0.path()));
        assert_eq!(embed_both(dir.0.path()), embed_both(&fixture("clip-tiny")));

        dir.edit_json("processor_config.json", |config| {
            config["image_processor"]["image_std"] = json!([0.5]);
        });
        let told = dir.complaint();
        assert_tells(&told, &["processor_config.json"]);
        assert!(!told.contains("preprocessor"), "{told}");
    }
}

#[test]
fn preprocessing_that_does_not_fit_is_told() {
    for (field, value) in [
        ("crop_size", json!(32)),
        ("size", json!(32)),
        ("size", json!({"height": 64, "width": 80})),
        ("size", json!(-1)),
        ("resample", json!(1)),
        ("image_mean", json!([0.5])),
        ("image_std", json!([0.5, 0.0, 0.5])),
    ] {
        let dir = ModelDir::new();
        dir.edit_json("preprocessor_config.json", |config| config[field] = value);
        assert_tells(&dir.complaint(), &["preprocessor_config.json"]);
    }
}

/// In both directions: ids that the model lacks, and ids that mean something else to it.
#[test]
fn the_tokenizer_of_another_model_is_told() {
    for (model, other) in [("clip-tiny", "clip-alt"), ("clip-alt", "clip-tiny")] {
        let dir = ModelDir::new();
        for file in ModelDir::FILES {
            let source = if file == "tokenizer.json" {
                other
            } else {
                model
            };
            // Fixtures may be read-only, and so are their copies.
            fs::remove_file(dir.file(file)).unwrap();
            fs::copy(fixture(source).join(file), dir.file(file)).unwrap();
        }
        assert_tells(&dir.complaint(), &["tokenizer.json"]);
    }
    for contents in ["{}", "[]", "{\"model\": null}", "not json"] {
        let dir = ModelDir::new();
        dir.write("tokenizer.json", contents);
        assert_tells(&dir.complaint(), &["tokenizer.json"]);
    }
}

/// What a child process says that loads one model and ends: its memory is its own.
struct Child {
    /// `Err` with the complaint.
    outcome: Result<(), String>,
    peak_bytes: u64,
    image: Vec<f32>,
    text: Vec<f32>,
    n_parameters: usize,
}

const CHILD_DIR: &str = "VCL_TEST_LOAD_MODEL";

/// Runs [`load_for_the_parent`] in a process of its own.
fn load_in_child(dir: &Path) -> Child {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "load_for_the_parent",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CHILD_DIR, dir)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let field = |name: &str| stdout.lines().find_map(|line| line.strip_prefix(name));
    let floats = |name| -> Vec<f32> {
        let values = field(name).unwrap_or_default().split_whitespace();
        values.map(|value| value.parse().unwrap()).collect()
    };
    Child {
        outcome: field("complaint ").map_or(Ok(()), |complaint| Err(complaint.to_owned())),
        peak_bytes: field("peak ").unwrap().parse().unwrap(),
        image: floats("image "),
        text: floats("text "),
        n_parameters: field("parameters ").unwrap_or("0").parse().unwrap(),
    }
}

/// Highest memory that this process ever held, where the system tells it.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    kilobytes.map_or(0, |kilobytes| 1024 * kilobytes.parse::<u64>().unwrap())
}

fn print_floats(name: &str, values: &[f32]) {
    let values: Vec<String> = values.iter().map(f32::to_string).collect();
    println!("\n{name} {}", values.join(" "));
}

/// The other side of [`load_in_child`]; does nothing when it is run as a test.
#[test]
fn load_for_the_parent() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        return;
    };
    let loaded = load(Path::new(&dir));
    println!("\npeak {}", peak_bytes());
    match loaded {
        Err(error) => println!("complaint {error}"),
        Ok(encoder) => {
            println!("parameters {}", encoder.info().parameters);
            let pixels = encoder.preprocess(&picture());
            print_floats("image", &encoder.encode_images(&[pixels]).unwrap());
            print_floats("text", &encoder.encode_texts(&[SENTENCE]).unwrap());
        }
    }
}

const SENTENCE: &str = "a man walks along the river";

fn picture() -> RgbImage {
    RgbImage::from_fn(320, 240, |x, y| {
        image::Rgb([(x % 256) as u8, y as u8, (x ^ y) as u8])
    })
}

#[test]
fn claims_of_a_header_cost_no_memory() {
    let tensor = |shape: &str, from: u64, to: u64| {
        format!(r#"{{"w": {{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}}}"#)
    };
    let huge = tensor("[4611686018427387904,4]", 0, 1 << 62);
    let beyond = tensor("[1000000000]", 0, 4_000_000_000);
    let two = r#"{"a": {"dtype":"F32","shape":[4],"data_offsets":[0,16]},
        "b": {"dtype":"F32","shape":[4],"data_offsets":[8,24]}}"#;
    for (claimed_len, header, n_data) in [
        (2 << 30, "{}", 64),
        (u64::MAX, "{}", 64),
        (1 << 40, "{}", 64),
        (huge.len() as u64, huge.as_str(), 64),
        (beyond.len() as u64, beyond.as_str(), 64),
        (two.len() as u64, two, 24),
    ] {
        let dir = ModelDir::new();
        dir.write_header(claimed_len, header, n_data);
        let message = dir.complaint();
        let child = load_in_child(dir.0.path());
        assert_eq!(child.outcome, Err(message.clone()));
        assert!(
            child.peak_bytes < 150 << 20,
            "{message}: {} bytes",
            child.peak_bytes
        );
    }
    // Two billion real bytes that are no header, in a file with a hole.
    let dir = ModelDir::new();
    dir.write_header(2 << 30, "{}", 0);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(dir.file("model.safetensors"));
    file.unwrap().set_len((2 << 30) + 8).unwrap();
    let child = load_in_child(dir.0.path());
    assert_tells(&child.outcome.unwrap_err(), &["header"]);
    assert!(child.peak_bytes < 150 << 20, "{} bytes", child.peak_bytes);
}

/// The widest model that a config may describe, with weights that are another's.
#[test]
fn claims_of_a_config_cost_no_memory() {
    let dir = ModelDir::new();
    dir.edit_json("config.json", |config| {
        for tower in ["text_config", "vision_config"] {
            config[tower]["hidden_size"] = json!(16384);
            config[tower]["intermediate_size"] = json!(65536);
            config[tower]["num_hidden_layers"] = json!(256);
        }
    });
    let child = load_in_child(dir.0.path());
    assert_tells(&child.outcome.unwrap_err(), &["tensor", "16384"]);
    assert!(child.peak_bytes < 150 << 20, "{} bytes", child.peak_bytes);
}

/// Saves, loads and runs a model of `config`'s shape: all that is loaded is right, and loading
/// needs at most 1.3 times the memory of the weights.
fn full_size_model_runs(config: &str, n_parameters: usize) {
    let clip = full_size::random_clip(config);
    let dir = tempfile::tempdir().unwrap();
    let weight_bytes = 4 * n_parameters as u64;
    let run = |dtype| {
        full_size::save(&clip, config, dtype, dir.path());
        let child = load_in_child(dir.path());
        child.outcome.as_ref().unwrap();
        assert_eq!(child.n_parameters, n_parameters);
        let ratio = child.peak_bytes as f64 / weight_bytes as f64;
        println!("weights as {dtype:?}: peak memory {ratio:.2} times the weights");
        assert!(ratio <= 1.3, "{dtype:?}: {ratio}");
        child
    };
    let narrow = run(DType::F16);
    let exact = run(DType::F32);

    let config = ClipConfig::from_json(config.as_bytes()).unwrap();
    let device = clip.logit_scale().device();
    let files = ModelFiles::from_dir(dir.path()).unwrap();
    let size = config.vision_config.image_size;
    let preprocess = Preprocess::from_json(&files.preprocessor, size).unwrap();
    let pixels = pixel_tensor(&[preprocess.apply(&picture())], &device);
    let image: Vec<f32> = clip
        .image_features(pixels)
        .into_data()
        .try_into_vec()
        .unwrap();
    let tokenizer = ClipTokenizer::from_json(&files.tokenizer, &config.text_config).unwrap();
    let ids = tokenizer.encode(SENTENCE).unwrap();
    let text: Vec<f32> = clip
        .text_features(&[ids], &device)
        .into_data()
        .try_into_vec()
        .unwrap();
    for (what, original, exact, narrow) in [
        ("image", image, exact.image, narrow.image),
        ("text", text, exact.text, narrow.text),
    ] {
        assert_eq!(original.len(), config.projection_dim, "{what}");
        let (exact, narrow) = (cosine(&original, &exact), cosine(&original, &narrow));
        println!("{what}: cosine {exact} from f32, {narrow} from f16");
        assert!(exact > 0.999_999, "{what}: {exact}");
        assert!(narrow > 0.999, "{what}: {narrow}");
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(&a, &b)| f64::from(a) * f64::from(b))
            .sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn a_model_of_vit_b_32s_size_loads_and_runs() {
    full_size_model_runs(full_size::VIT_B_32, 151_277_313);
}

/// Needs 5 GB of memory and a minute: `cargo test --test models -- --ignored`.
#[test]
#[ignore = "needs 5 GB of memory"]
fn a_model_of_vit_l_14s_size_loads_and_runs() {
    full_size_model_runs(full_size::VIT_L_14, 427_616_513);
}

/// Of a table of 100,000 tokens a text needs a few rows: the table is neither read whole nor held.
#[test]
fn the_table_of_tokens_stays_in_its_file() {
    const VOCABULARY: usize = 100_000;
    const WIDTH: usize = 1024;
    let dir = copy_of("siglip-tiny");
    dir.edit_json("config.json", |config| {
        let text = &mut config["text_config"];
        text["vocab_size"] = json!(VOCABULARY);
        text["hidden_size"] = json!(WIDTH);
        text["num_attention_heads"] = json!(16);
        text["num_hidden_layers"] = json!(1);
    });
    dir.edit_json("tokenizer.json", |tokenizer| {
        let vocab = tokenizer["model"]["vocab"].as_object_mut().unwrap();
        for id in vocab.len()..VOCABULARY {
            vocab.insert(format!("filler{id}"), json!(id));
        }
    });
    let config = fs::read(dir.file("config.json")).unwrap();
    let network = SiglipConfig::from_json(&config).unwrap();
    let network = network.init(&burn::tensor::Device::flex());
    let rest = weights::to_safetensors(&network, DType::F32).unwrap();
    drop(network);
    let header_len = u64::from_le_bytes(*rest.first_chunk().unwrap()) as usize;
    let (header, data) = rest[8..].split_at(header_len);
    let mut header: Value = serde_json::from_slice(header).unwrap();
    // The table is a hole behind the rest.
    let table_bytes = 4 * VOCABULARY * WIDTH;
    header["text_model.embeddings.token_embedding.weight"] = json!({
        "dtype": "F32",
        "shape": [VOCABULARY, WIDTH],
        "data_offsets": [data.len(), data.len() + table_bytes],
    });
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    dir.write("model.safetensors", &bytes);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(dir.file("model.safetensors"));
    file.unwrap()
        .set_len((bytes.len() + table_bytes) as u64)
        .unwrap();

    let child = load_in_child(dir.0.path());
    child.outcome.unwrap();
    assert_eq!(child.text.len(), 56);
    assert!(child.n_parameters > VOCABULARY * WIDTH, "it is counted");
    println!(
        "peak memory {} MB, the table has {} MB",
        child.peak_bytes >> 20,
        table_bytes >> 20
    );
    assert!(
        child.peak_bytes < table_bytes as u64 * 3 / 4,
        "{} bytes",
        child.peak_bytes
    );
}

/// The weights of `clip-tiny`, all floats but `logit_scale` rounded to half precision.
fn halve(tensors: &mut [(String, Dtype, Vec<usize>, Vec<u8>)]) {
    for (name, dtype, _, data) in tensors {
        if name != "logit_scale" {
            assert_eq!(*dtype, Dtype::F32);
            let (values, _) = data.as_chunks();
            let halves = values
                .iter()
                .map(|&bytes| half::f16::from_f32(f32::from_le_bytes(bytes)).to_le_bytes());
            *data = halves.flatten().collect();
            *dtype = Dtype::F16;
        }
    }
}

/// Image and text embeddings of the model in `dir`, one after the other.
fn embed_both(dir: &Path) -> Vec<f32> {
    let encoder = load(dir).unwrap();
    let pixels = encoder.preprocess(&picture());
    let mut values = encoder.encode_images(&[pixels]).unwrap();
    values.extend(encoder.encode_texts(&[SENTENCE]).unwrap());
    values
}

#[test]
fn a_pickle_of_torch_gives_the_same_model() {
    let dir = ModelDir::new();
    dir.edit_tensors(|tensors| halve(tensors));
    let expected = embed_both(dir.0.path());

    fs::remove_file(dir.file("model.safetensors")).unwrap();
    let pickle = fixture("clip-tiny-bin").join("pytorch_model.bin");
    fs::copy(pickle, dir.file("pytorch_model.bin")).unwrap();
    assert_eq!(embed_both(dir.0.path()), expected);
}

#[test]
fn weights_in_several_files_give_the_same_model() {
    const INDEX: &str = "model.safetensors.index.json";
    let dir = ModelDir::new();
    let expected = embed_both(dir.0.path());
    let names = [
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ];
    let mut weight_map = serde_json::Map::new();
    for (i, shard) in names.iter().enumerate() {
        fs::copy(
            fixture("clip-tiny").join("model.safetensors"),
            dir.file("model.safetensors"),
        )
        .unwrap();
        dir.edit_tensors(|tensors| {
            tensors.sort_by(|(a, ..), (b, ..)| a.cmp(b));
            let mut n_seen = 0;
            tensors.retain(|_| {
                n_seen += 1;
                n_seen % 2 == i
            });
            for (name, ..) in tensors {
                weight_map.insert(name.clone(), json!(shard));
            }
        });
        fs::rename(dir.file("model.safetensors"), dir.file(shard)).unwrap();
    }
    let index = json!({"metadata": {}, "weight_map": weight_map});
    dir.write(INDEX, index.to_string());
    assert_eq!(embed_both(dir.0.path()), expected);

    fs::rename(dir.file(names[1]), dir.file("away")).unwrap();
    assert_tells(&dir.complaint(), &["has no", names[1]]);
    fs::copy(dir.file(names[0]), dir.file(names[1])).unwrap();
    assert_tells(&dir.complaint(), &[names[1], "another file as well"]);
    for bad in ["", "{}", r#"{"weight_map": {}}"#] {
        dir.write(INDEX, bad);
        assert_tells(&dir.complaint(), &[INDEX]);
    }
    dir.write(INDEX, r#"{"weight_map": {"a": "../away"}}"#);
    assert_tells(&dir.complaint(), &[INDEX, "../away"]);
}
