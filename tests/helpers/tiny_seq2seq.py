"""Tiny random sequence-to-sequence models, and what transformers itself generates with them."""

from pathlib import Path

from helpers.candidate_sources import TEXTS, WORDS

from emograin.reproduction.tiny_models import tiny_paraphraser


def save_t5(folder):
    """Save the package's tiny paraphraser, with a vocabulary of `WORDS` and `TEXTS`; return its name."""
    return str(tiny_paraphraser(Path(folder), [*TEXTS, *WORDS]))


def tiny_marian(seed, vocabulary):
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.MarianConfig(
        vocab_size=vocabulary,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=12,
        pad_token_id=0,
        eos_token_id=1,
        forced_eos_token_id=None,
        decoder_start_token_id=0,
        init_std=1.0,
    )
    model = transformers.MarianMTModel(config)
    for layer in model.model.decoder.layers:  # makes the output depend on the input
        layer.encoder_attn.out_proj.weight.data *= 10
    model.generation_config.max_length = 512  # as in published models
    model.generation_config.no_repeat_ngram_size = 1  # a generation setting of the model, which must be followed
    return model


def save_marian_pairs(root):
    """Save Marian pairs in a folder, under their names on the hub."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(save_t5(root / "t5"))
    for seed, pair in enumerate(["en-fr", "fr-en", "en-de", "de-en"]):
        folder = root / "Helsinki-NLP" / f"opus-mt-{pair}"
        tiny_marian(seed, len(tokenizer)).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return root


def generate_one_by_one(folder, texts, beams, top):
    """Generate from each text alone, with transformers' own generation."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder)
    model.generation_config.max_length = None
    max_tokens = model.config.max_position_embeddings
    outputs = []
    for text in texts:
        inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=max_tokens)
        generated = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            num_beams=beams,
            num_return_sequences=top,
            max_new_tokens=max_tokens,
        )
        decoded = tokenizer.batch_decode(generated, skip_special_tokens=True)
        outputs.append([" ".join(each.split()) for each in decoded])
    return outputs


def or_document(rows, texts=TEXTS):
    return [[each or text for each in row] for row, text in zip(rows, texts, strict=True)]
