"""Times CLIP of ViT-B/32 shape with random weights in PyTorch, as benches/encoding.rs does.

    pip install torch transformers
    python benches/pytorch_clip.py [--threads 2] [--rounds 12] [--device cuda] [--half] [--large | --siglip]
"""

import argparse
import time

import torch
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=12)
parser.add_argument("--device", default="cpu")
parser.add_argument("--half", action="store_true", help="f16 instead of f32")
parser.add_argument("--large", action="store_true", help="ViT-L/14 instead of ViT-B/32")
parser.add_argument("--siglip", action="store_true", help="SigLIP 2 B/32-256 instead of ViT-B/32")
args = parser.parse_args()

torch.set_num_threads(args.threads)
torch.manual_seed(0)
# The defaults of transformers are ViT-B/32; its fastest attention is chosen by itself (SDPA).
config = CLIPConfig()
if args.large:
    wide = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
    text = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12}
    config = CLIPConfig(vision_config=wide | {"patch_size": 14}, text_config=text, projection_dim=768)
dtype = torch.float16 if args.half else torch.float32
if args.siglip:
    config = SiglipConfig(text_config={"vocab_size": 860}, vision_config={"image_size": 256, "patch_size": 32})
model = (SiglipModel if args.siglip else CLIPModel)(config).eval().to(args.device, dtype)
size = sum(parameter.numel() for parameter in model.parameters())
print(f"PyTorch {torch.__version__}, {args.threads} threads, best of {args.rounds} rounds, {size:,} parameters")

side = 256 if args.siglip else 224
frames = torch.randn(16, 3, side, side).to(args.device, dtype)
ids = [*range(320, 329), 1] + 54 * [0] if args.siglip else [49406, *range(320, 329), 49407]
query = torch.tensor([ids]).to(args.device)
ways = {f"images, {n} at a time": (n, lambda n=n: model.get_image_features(pixel_values=frames[:n])) for n in (1, 2, 8, 16)}
ways["one query"] = (1, lambda: model.get_text_features(input_ids=query))

best = dict.fromkeys(ways, float("inf"))
with torch.inference_mode():
    for _ in range(args.rounds):
        for name, (_, run) in ways.items():
            start = time.perf_counter()
            run()
            if args.device != "cpu":
                torch.cuda.synchronize()
            best[name] = min(best[name], time.perf_counter() - start)
for name, (n, _) in ways.items():
    shape = "SigLIP B/32-256" if args.siglip else "ViT-L/14" if args.large else "ViT-B/32"
    print(f"{shape} shape: {name:<50} {n / best[name]:8.2f}/s         {1000 * best[name]:7.2f}ms")
