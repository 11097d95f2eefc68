"""From a file to its saliency curve with ffmpeg and PyTorch, as benches/file_to_curve.rs does it.

    pip install torch transformers numpy
    python benches/ffmpeg_pytorch.py VIDEO [--threads 2]

One frame per 2 seconds, decoded and scaled by ffmpeg while PyTorch encodes batches of 8 with random
weights in the shape of ViT-B/32.
"""

import argparse
import subprocess
import time

import numpy as np
import torch
from transformers import CLIPConfig, CLIPModel

parser = argparse.ArgumentParser()
parser.add_argument("video")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()

torch.set_num_threads(args.threads)
model = CLIPModel(CLIPConfig()).eval()
query = torch.tensor([[49406, *range(320, 326), 49407]])
mean = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(1, 3, 1, 1)
std = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(1, 3, 1, 1)
size = 224
command = ["ffmpeg", "-v", "error", "-nostdin", "-i", args.video, "-vf",
           f"fps=0.5,scale={size}:{size}:force_original_aspect_ratio=increase:flags=bicubic,crop={size}:{size}",
           "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]

with torch.inference_mode():
    model.get_text_features(input_ids=query)  # warm-up, as the other program's model is loaded too
    start = time.perf_counter()
    ffmpeg = subprocess.Popen(command, stdout=subprocess.PIPE)
    features = []
    while raw := ffmpeg.stdout.read(8 * size * size * 3):
        frames = np.frombuffer(raw, np.uint8).reshape(-1, size, size, 3)
        pixels = torch.from_numpy(frames.copy()).permute(0, 3, 1, 2).float() / 255
        output = model.get_image_features(pixel_values=(pixels - mean) / std)
        features.append(getattr(output, "pooler_output", output))
    text = model.get_text_features(input_ids=query)
    text = getattr(text, "pooler_output", text)
    images = torch.cat(features)
    curve = torch.nn.functional.cosine_similarity(images, text)
    print(f"{len(curve)} clips, file to curve {time.perf_counter() - start:.2f} s")
