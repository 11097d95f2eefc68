"""The steps of benches/detector_training.rs by the official code in PyTorch.

usage: pytorch_detector.py DIR CHECKOUT [--threads N]
DIR is what the bench wrote; CHECKOUT is jayleicn/moment_detr, or wjun0830/QD-DETR for --qd. Weights, data, order of the batches
and pairs of clips are those of the bench, so that with dropout 0 both take the same steps.
"""
import argparse
import json
import sys
import time
from argparse import Namespace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

p = argparse.ArgumentParser()
p.add_argument("dir", type=Path)
p.add_argument("checkout", type=Path)
p.add_argument("--threads", type=int)
a = p.parse_args()
if a.threads:
    torch.set_num_threads(a.threads)
steps = json.loads((a.dir / "steps.json").read_text())
sys.path.insert(0, str(a.checkout))
torch.Tensor.cuda = lambda self, *x, **k: self  # QD-DETR has one of these hard-wired
if steps["qd"]:
    from qd_detr.model import build_model
else:
    from moment_detr.model import build_model
opt = Namespace(
    device="cpu", hidden_dim=256, nheads=8, enc_layers=2, dec_layers=2, dim_feedforward=1024, dropout=steps["dropout"], pre_norm=False, position_embedding="sine",
    max_q_l=32, max_v_l=75, input_dropout=steps["input_dropout"], t_feat_dim=512, v_feat_dim=514, a_feat_dir=None, a_feat_dim=None, aux_loss=True, num_queries=10,
    contrastive_align_loss=False, contrastive_hdim=64, span_loss_type="l1", use_txt_pos=False, n_input_proj=2, set_cost_span=10, set_cost_giou=1, set_cost_class=4,
    span_loss_coef=10, giou_loss_coef=1, label_loss_coef=4, lw_saliency=1.0, contrastive_align_loss_coef=0.0, eos_coef=0.1, temperature=0.07, saliency_margin=0.2,
    dset_name="hl")
model, criterion = build_model(opt)
model.load_state_dict(load_file(a.dir / "initial.safetensors"))
model.train()
adam = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-4)
targets = steps["targets"]
video = [torch.from_numpy(np.fromfile(a.dir / f"video{i}.f32", np.float32).reshape(75, -1)) for i in range(len(targets))]
words = [torch.from_numpy(np.fromfile(a.dir / f"words{i}.f32", np.float32).reshape(-1, 512)) for i in range(len(targets))]


def pad(rows):
    out, mask = torch.zeros(len(rows), max(map(len, rows)), rows[0].shape[1]), torch.zeros(len(rows), max(map(len, rows)))
    for i, r in enumerate(rows):
        out[i, :len(r)], mask[i, :len(r)] = r, 1
    return out, mask


times = []
n = steps["batch"]
for step in range(len(steps["order"]) // n):
    began = time.perf_counter()
    chosen = steps["order"][step * n:(step + 1) * n]
    vid, vid_mask = pad([video[i] for i in chosen])
    txt, txt_mask = pad([words[i] for i in chosen])
    truth = {"span_labels": [{"spans": torch.tensor(targets[i]["spans"])} for i in chosen],
             "saliency_pos_labels": torch.tensor([targets[i]["better"] for i in chosen]),
             "saliency_neg_labels": torch.tensor([targets[i]["worse"] for i in chosen]),
             "saliency_all_labels": torch.tensor([targets[i]["grades"] for i in chosen])}
    outputs = model(src_txt=txt, src_txt_mask=txt_mask, src_vid=vid, src_vid_mask=vid_mask)
    terms = criterion(outputs, truth)
    loss = sum(terms[k] * criterion.weight_dict[k] for k in terms if k in criterion.weight_dict)
    adam.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    adam.step()
    times.append(time.perf_counter() - began)
    if step % 10 == 0 or step + 1 == len(steps["order"]) // n:
        print(f"step {step}: loss {loss.item():.4f}, {times[-1]:.3f} s", flush=True)
print(f"median {sorted(times)[len(times) // 2]:.3f} s, {torch.get_num_threads()} threads, torch {torch.__version__}")
