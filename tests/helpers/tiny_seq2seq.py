"""Sequence-to-sequence models of a few words, with random weights, and what transformers itself makes them write."""

from helpers.candidate_sources import TEXTS, WORDS


def save(model, tokenizer, folder):
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def word_tokenizer():
    """A word is a token; `</s>` ends a text."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = {word: at for at, word in enumerate(["<pad>", "</s>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def tiny_t5(seed):
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.T5Config(
        vocab_size=len(WORDS) + 3,
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        max_position_embeddings=12,  # not T5's, but obeyed: keeps the test fast
        initializer_factor=3.0,  # so that what it writes depends on what it reads
    )
    return transformers.T5ForConditionalGeneration(config)


def tiny_marian(seed):
    import torch
    import transformers

    torch.manual_seed(seed)
    config = transformers.MarianConfig(
        vocab_size=len(WORDS) + 3,
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
    for layer in model.model.decoder.layers:  # so that what it writes depends on what it reads
        layer.encoder_attn.out_proj.weight.data *= 10
    model.generation_config.max_length = 512  # as the published ones have it
    model.generation_config.no_repeat_ngram_size = 1  # a setting of its own, which generation must follow
    return model


def t5_in(folder):
    """A tiny T5, saved."""
    return save(tiny_t5(0), word_tokenizer(), folder)


def hub_in(root):
    """A folder in which Marian pairs lie under their names on the hub."""
    for seed, pair in enumerate(["en-fr", "fr-en", "en-de", "de-en"]):
        save(tiny_marian(seed), word_tokenizer(), root / "Helsinki-NLP" / f"opus-mt-{pair}")
    return root


def one_by_one(folder, texts, beams, count):
    """Each text alone through transformers' own generation."""
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder)
    model.generation_config.max_length = None
    written = []
    for text in texts:
        inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=12)
        found = model.generate(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            num_beams=beams,
            num_return_sequences=count,
            max_new_tokens=12,
        )
        written.append([" ".join(each.split()) for each in tokenizer.batch_decode(found, skip_special_tokens=True)])
    return written


def or_document(rows, texts=TEXTS):
    return [[each or text for each in row] for row, text in zip(rows, texts, strict=True)]
