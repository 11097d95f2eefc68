"""Times CLIP of ViT-B/32 shape with random weights in PyTorch, as benches/encoding.rs does.

    pip install torch transformers
    python benches/pytorch_clip.py [--threads 2] [--rounds 12]
"""

import argparse
import time

import torch
from transformers import CLIPConfig, CLIPModel

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=12)
args = parser.parse_args()

torch.set_num_threads(args.threads)
torch.manual_seed(0)
# The defaults of transformers are ViT-B/32; its fastest attention is chosen by itself (SDPA).
model = CLIPModel(CLIPConfig()).eval()
size = sum(parameter.numel() for parameter in model.parameters())
print(f"PyTorch {torch.__version__}, {args.threads} threads, best of {args.rounds} rounds, {size:,} parameters")

frames = torch.randn(8, 3, 224, 224)
query = torch.tensor([[49406, *range(320, 329), 49407]])
ways = {f"images, {n} at a time": (n, lambda n=n: model.get_image_features(pixel_values=frames[:n])) for n in (1, 2, 8)}
ways["one query"] = (1, lambda: model.get_text_features(input_ids=query))

best = dict.fromkeys(ways, float("inf"))
with torch.inference_mode():
    for _ in range(args.rounds):
        for name, (_, run) in ways.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
for name, (n, _) in ways.items():
    print(f"ViT-B/32 shape: {name:<50} {n / best[name]:8.2f}/s         {1000 * best[name]:7.2f}ms")
