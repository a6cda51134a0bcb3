# Flattens one JSON document to lines of path<TAB>value: {"a": {"b": [1]}} gives a.b.0<TAB>1.
# Newlines in values become spaces, which is what a line of authorized_keys wants.
{ text = text $0 "\n" }

END {
    at = 1
    value("")
}

function blank() {
    while (at <= length(text) && index(" \t\r\n", substr(text, at, 1))) at++
}

function string(   out, c, code) {
    at++
    while (at <= length(text) && (c = substr(text, at++, 1)) != "\"") {
        if (c == "\\") {
            c = substr(text, at++, 1)
            if (c == "n" || c == "r" || c == "t" || c == "b" || c == "f") c = " "
            else if (c == "u") {
                code = hex(substr(text, at, 4))
                at += 4
                c = code < 32 ? " " : code < 128 ? sprintf("%c", code) : "?"
            }
        }
        out = out c
    }
    sub(/ +$/, "", out)
    return out
}

function hex(digits,   i, n) {
    for (i = 1; i <= length(digits); i++)
        n = n * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
    return n
}

function value(path,   c, key, n) {
    blank()
    c = substr(text, at, 1)
    if (c == "{" || c == "[") {
        at++
        for (n = 0; ; n++) {
            blank()
            key = substr(text, at, 1)
            if (key == "," ) { at++; blank() }
            if (at > length(text)) return
            if (index("]}", substr(text, at, 1))) { at++; return }
            key = n
            if (c == "{") { key = string(); blank(); at++ }
            value(path == "" ? key : path "." key)
        }
    }
    if (c == "\"") { print path "\t" string(); return }
    n = at
    while (at <= length(text) && !index(",]} \t\r\n", substr(text, at, 1))) at++
    if (at == n) at++
    else print path "\t" substr(text, n, at - n)
}
