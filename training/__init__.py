"""The demo model, from data to `max_whisper/demo`; PyTorch lives only here.

sentences ─▶ voices ─┐
digits ──────────────┼─▶ scenes ─▶ targets ─▶ train ─▶ export ─▶ evaluate
sounds ──────────────┘
"""
