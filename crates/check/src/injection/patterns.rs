//! The patterns of instructions: orders to the model, tasks, questions.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

/// Sentences that speak to the model.
const ORDERS: &[&str] = &[
    // Of what it is writing.
    r"\b(?:in|to|of|with|into|from|for|throughout|as|within|at the end of|modify|change|convert|rewrite|format|render|scramble|augment|enhance|provide|end|begin|start|finish)\b[^.!?\n]{0,60}\b(?:your|the|this) (?:own |next |final |whole |entire )?(?:answers?|repl(?:y|ies)|responses?|outputs?|completions?|messages?)\b",
    r"\b(?:your) (?:own |next |final )?(?:answers?|repl(?:y|ies)|responses?|outputs?|completions?)\b",
    // Of its instructions and its role.
    r"\b(?:ignore|disregard|forget|override|bypass|skip)\b[^.!?\n]{0,40}\b(?:instructions?|prompts?|rules?|guidelines?|above|previous|prior|earlier|facts|everything)\b",
    r"\b(?:system|developer|hidden|initial|original|secret) (?:prompts?|messages?|instructions?)\b",
    r"\b(?:you are (?:now|a helpful|an? (?:ai|assistant|unrestricted))|act as (?:an? )?(?:ai|assistant|unrestricted|dan|system|developer)|pretend (?:to be|that you)|from now on,? (?:you|answer|respond|write)|developer mode|jailbreak(?:ed)?|do anything now)\b",
    r"\b(?:reveal|print|repeat|output|show|leak|tell)\b[^.!?\n]{0,30}\b(?:prompt|instructions?|system message|your rules|canary|secret|api key)\b",
    r"\b(?:new|updated|additional|important) (?:instructions?|directives?) (?:for (?:the )?(?:ai|model|assistant|writer)|:|to the model)",
    r"\b(?:dear|attention|note to(?: the)?|hey|hello) (?:ai|assistant|model|language model|llm|chatbot|gpt|writer)\b",
    r"<\|[a-z_]+\|>|\[/?inst\]|###\s*(?:instruction|system|response)|</?(?:system|assistant|facts|copy)>",
    // German, French, Spanish, Chinese, Japanese.
    r"\b(?:in|zu|an|mit|am ende) (?:deiner|ihrer|der) (?:antwort|ausgabe|nachricht)\b|\b(?:deine|ihre) (?:antwort|ausgabe)\b",
    r"\b(?:ignoriere?|vergiss|vergessen sie|missachte)\b[^.!?\n]{0,40}\b(?:anweisung\w*|regeln?|vorherige\w*|obige\w*|fakten)\b|\bsystem-?prompt\b",
    r"\b(?:dans|à|de) (?:votre|ta|la) (?:réponse|sortie)\b|\b(?:ignore[zr]?|oublie[zr]?)\b[^.!?\n]{0,40}\b(?:instructions?|consignes?|règles?|ci-dessus|précédent\w*)\b",
    r"\b(?:en|a|de) (?:su|tu|la) (?:respuesta|salida)\b|\b(?:ignora|ignore|olvida|olvide)\b[^.!?\n]{0,40}\b(?:instrucciones|reglas|anterior\w*)\b",
    r"(?:忽略|无视|忘记|忘掉)[^。！？\n]{0,16}(?:指令|指示|规则|提示|以上|之前|前面)|(?:你的|您的)(?:回答|回复|输出|答案)|(?:在|用)(?:回答|回复|输出)中|系统提示|你现在是",
    r"(?:無視|忘れ)[^。！？\n]{0,8}(?:して|る|て)?|(?:以前|上記|これまで)の(?:指示|命令|ルール)|(?:あなたの)?(?:回答|返答|出力)(?:に|の中|で|を)|システムプロンプト",
];

/// A task of words: verbs that copy never asks a shopper to do with a product.
const TASKS: &[&str] = &[
    r"^\W*(?:please |kindly |now |then |also )?(?:explain|describe|summari[sz]e|translate|paraphrase|compose|draft|recite|solve|calculate|compute|prove|define|spell|transcribe|rewrite|reword|anagram|jumble|scramble|misspell|encode|decode|break down|tell (?:me|us|the)|answer (?:the|this|in|with)|respond (?:in|with|to)|reply (?:in|with|to))\b",
    r"^\W*(?:please |kindly |now |then |also )?(?:write|develop|create|generate|provide|give|show|list|outline|prepare|produce|suggest|make up|come up with|add|include|insert|append|integrate|mention|state|convert|replace|substitute|rearrange|combine|group|remove|introduce|use|render)\b[^.!?\n]{0,60}\b(?:letters?|speech|essays?|poems?|story|stories|song|lyrics|jokes?|code|functions?|scripts?|program|examples?|sentences?|paragraphs?|introduction|e-?mails?|article|summary|translation|equivalent|recipe for|words?|vowels?|consonants?|characters?|symbols?|spaces|typos|misspellings?|anagrams?|headline|phrase|following)\b",
    r#"^\W*(?:add|include|insert|append|mention|say|state|write|print|output)\s*["“'‘«「]"#,
    r"^\W*(?:can|could|would|will) you (?:please )?(?:explain|describe|show|tell|write|give|provide|help|translate|list|summari[sz]e|create)\b",
    r"\bhow (?:do|would|can) (?:you|i) (?:say|solve|write|translate|spell|calculate)\b|\bwhat(?:'s| is| are) .{0,50}\bin (?:english|german|french|spanish|japanese|chinese|russian|italian|python|javascript|java|php|sql)\b|\b(?:spanish|french|german|japanese|english) (?:equivalent|translation|word) (?:for|of)\b",
    r"^\W*(?:bitte )?(?:erkläre|beschreibe|übersetze|schreibe|verfasse|berechne|nenne|fasse)\b[^.!?\n]*\b(?:gedicht|brief|geschichte|aufsatz|satz|theorie|text|zusammen|ins|auf|mir)\b",
    r"^\W*(?:veuillez )?(?:expliquez|explique|traduisez|traduis|écrivez|écris|rédigez|résumez|calculez)\b",
    r"^\W*(?:por favor )?(?:explica|explique|traduce|traduzca|escribe|escriba|redacta|resume|calcula)\b",
    r"^\W*(?:请|請)?(?:解释|翻译|写一|撰写|总结|计算|列出|告诉我|回答)",
    r"(?:説明|翻訳|要約|計算|作成|教えて)(?:して)?(?:ください|下さい|くれ)",
];

/// Questions about what everybody knows.
const QUESTIONS: &[&str] = &[
    r"^\W*(?:what|who|whose|when|where|why|how|which|can you|could you|do you|is it true)\b.*\?",
    r"^\W*(?:was|wer|wann|wo|warum|wie|welche\w?)\b.*\?",
    r"^\W*(?:qu|qui|quand|où|pourquoi|comment|quel\w*)\b.*\?",
    r"^\W*¿?(?:qué|quién|cuándo|dónde|por qué|cómo|cuál\w*)\b.*\?",
    r"(?:什么|谁|哪|为什么|怎么|如何|何|誰|なぜ|どこ|いつ).*[？?]",
];

#[expect(clippy::unwrap_used, reason = "constant patterns, compiled by the tests")]
fn compile(patterns: &[&str]) -> Regex {
    let joined = patterns.iter().map(|pattern| format!("(?:{pattern})")).collect::<Vec<_>>().join("|");
    RegexBuilder::new(&joined).case_insensitive(true).build().unwrap()
}

/// Parts of words without which nothing speaks to the model: bytes, so that a table runs over any script, for this is asked
/// of every text of every product.
#[expect(clippy::unwrap_used, reason = "a constant pattern, compiled by the tests")]
static MAY_BE_ORDER: LazyLock<regex::bytes::Regex> = LazyLock::new(|| {
    let parts = [
        "answer",
        "repl",
        "respon",
        "output",
        "message",
        "completion",
        "ignor",
        "disregard",
        "forget",
        "overrid",
        "bypass",
        "skip",
        "prompt",
        "instruction",
        "directive",
        "you are",
        "act as",
        "pretend",
        "from now",
        "developer mode",
        "jailbreak",
        "anything now",
        "rules",
        "canary",
        "secret",
        "api key",
        " ai",
        "assistant",
        "model",
        "llm",
        "gpt",
        "chatbot",
        "writer",
        "<",
        "inst\\]",
        "###",
        "antwort",
        "ausgabe",
        "nachricht",
        "vergiss",
        "vergessen",
        "missachte",
        "réponse",
        "sortie",
        "oublie",
        "respuesta",
        "salida",
        "olvid",
        "忽略",
        "无视",
        "忘",
        "回答",
        "回复",
        "输出",
        "答案",
        "提示",
        "你现在",
        "無視",
        "指示",
        "命令",
        "ルール",
        "返答",
        "出力",
        "システム",
    ];
    regex::bytes::RegexBuilder::new(&parts.join("|")).unicode(false).case_insensitive(true).build().unwrap()
});

static ORDER: LazyLock<Regex> = LazyLock::new(|| compile(ORDERS));
pub(super) static TASK: LazyLock<Regex> = LazyLock::new(|| compile(TASKS));
pub(super) static QUESTION: LazyLock<Regex> = LazyLock::new(|| compile(QUESTIONS));

/// Whether a text speaks to the model.
pub(super) fn is_order(text: &str) -> bool {
    MAY_BE_ORDER.is_match(text.as_bytes()) && ORDER.is_match(text)
}
