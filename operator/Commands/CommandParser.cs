namespace RucioOperator.Commands;

/// <summary><c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, <c>-nvalue</c>, flags, and <c>--</c> before names that begin with a dash.</summary>
public static class CommandParser
{
    /// <summary>All errors at once, each naming the option.</summary>
    public static (IReadOnlyDictionary<CommandOption, IReadOnlyList<string>> Values, IReadOnlyList<string> Arguments, IReadOnlyList<string> Errors) Parse(Command command, IReadOnlyList<string> words)
    {
        var (values, arguments, errors) = (new Dictionary<CommandOption, IReadOnlyList<string>>(), new List<string>(), new List<string>());
        for (var place = 0; place < words.Count; place++)
        {
            var word = words[place];
            if (word == "--")
            {
                arguments.AddRange(words.Skip(place + 1));
                break;
            }
            if (word is "-" || !word.StartsWith('-'))
            {
                arguments.Add(word);
                continue;
            }
            var (name, text) = Split(word);
            if (Find(command, name) is not { } option)
                errors.Add($"{name}: unknown option; known are {string.Join(", ", command.Options.Append(CommonOptions.Help).Select(o => "--" + o.Name))}");
            else if (option.Value is null)
                Flag(option, name, text);
            else if (text is null && (place + 1 == words.Count || words[place + 1] is ['-', _, ..]))
                errors.Add($"{name}: a value is missing");
            else
                Value(option, name, text ?? words[++place]);
        }
        if (command.Arguments.Length == 0 && arguments.Count > 0)
            errors.Add($"{arguments[0]}: {command.Name} takes options only");
        return (values, arguments, errors);

        void Flag(CommandOption option, string name, string? text)
        {
            if (text is null or "true")
                values[option] = ["true"];
            else if (text is not "false")
                errors.Add($"{name}: is a flag and takes no value");
        }

        void Value(CommandOption option, string name, string text)
        {
            if (option.Choices is { } choices && !choices.Contains(text))
                errors.Add($"{name}: expected {string.Join(" or ", choices)}, not '{text}'");
            else if (text.Length == 0)
                errors.Add($"{name}: a value is missing");
            else if (values.TryGetValue(option, out var before) && !option.Repeats)
                errors.Add($"{name}: given more than once");
            else
                values[option] = [.. before ?? [], text];
        }
    }

    private static (string Name, string? Text) Split(string word) =>
        word.StartsWith("--", StringComparison.Ordinal) ? word.Split('=', 2) is [var name, var text] ? (name, text) : (word, null)
        : word.Length == 2 ? (word, null) : (word[..2], word[2..].TrimStart('='));

    private static CommandOption? Find(Command command, string name) => command.Options.Append(CommonOptions.Help).FirstOrDefault(option =>
        name == "--" + option.Name || option.Short is { } letter && name == $"-{letter}");
}
