using System.Globalization;
using System.Text;

namespace RucioOperator.Commands.Status;

/// <summary>The tree for people: one table, then what there is to know beside it.</summary>
internal static class StatusText
{
    public static string Of(IReadOnlyList<StatusNode> roots, DateTimeOffset now)
    {
        var tree = new TextTable("Namespace", "Name", "Ready", "Reason", "Message");
        var text = new StringBuilder();
        foreach (var root in roots)
            Add(tree, root, "", "");
        text.Append(tree);
        Section(text, "Next steps", Rows(roots, null).Select(r => (r.Node, Step: StatusWords.NextStep(r.Node, r.Parent))).Where(r => r.Step is not null)
            .Aggregate(new TextTable("Of", "What to do"), (table, row) => table.Add(Name(row.Node), row.Step)));
        Section(text, "Remarks", All(roots).SelectMany(node => node.Remarks.Where(c => node.IsReady || StatusWords.IsTrouble(c.Type)), (node, c) => (node, c))
            .Aggregate(new TextTable("Of", "Condition", "Reason", "Message"), (table, row) => table.Add(Name(row.node), $"{row.c.Type}={row.c.Status}", row.c.Reason, row.c.Message)));
        Section(text, "Ends by itself", All(roots).SelectMany(node => node.Expiries, (node, e) => (node, e)).OrderBy(row => row.e.At)
            .Aggregate(new TextTable("Of", "What", "When", "Left"), (table, row) => table.Add(Name(row.node), row.e.What, row.e.At.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture), Expiry.Left(row.e.At - now.UtcDateTime))));
        Section(text, "Pending changes", All(roots).Where(node => node.Pending is not null).SelectMany(node => node.Pending!.Entries ?? [], (node, entry) => (node, entry))
            .Aggregate(new TextTable("Of", "Change"), (table, row) => table.Add(Name(row.node), row.entry)));
        return text.ToString();
    }

    private static void Add(TextTable tree, StatusNode node, string branch, string below)
    {
        tree.Add(node.Key.Namespace, $"{branch}{node.Kind}/{node.Key.Name}", node.Ready, node.Reason, node.Message);
        foreach (var (child, place) in node.Children.Select((child, place) => (child, place)))
        {
            var last = place == node.Children.Count - 1;
            Add(tree, child, below + (last ? "└─" : "├─"), below + (last ? "  " : "│ "));
        }
    }

    private static void Section(StringBuilder text, string title, TextTable table)
    {
        if (table.Rows > 0)
            text.Append('\n').Append(title).Append(":\n").Append(table);
    }

    private static IEnumerable<(StatusNode Node, StatusNode? Parent)> Rows(IEnumerable<StatusNode> nodes, StatusNode? parent) =>
        nodes.SelectMany(node => Rows(node.Children, node).Prepend((node, parent)));

    private static IEnumerable<StatusNode> All(IEnumerable<StatusNode> roots) => roots.SelectMany(root => root.Self);

    private static string Name(StatusNode node) => $"{node.Kind} {node.Key}";
}
