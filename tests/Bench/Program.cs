using RucioOperator.Bench;
using RucioOperator.Sandbox;

// Arguments choose figures by name; without any, all are measured.
const string Binary = "RUCIO_OPERATOR_BIN";
(string Name, Func<IAsyncEnumerable<Figure>> Measure)[] figures =
[
    ("no-change", CallFigures.NoChangeAsync),
    ("full-mesh", CallFigures.FullMeshAsync),
    ("drift-pass", CallFigures.DriftPassAsync),
    ("thousand", ScaleFigures.ThousandAsync),
    ("idle", MemoryFigures.IdleAsync),
    ("no-change-memory", MemoryFigures.NoChangeAsync),
    ("five-thousand", ScaleFigures.FiveThousandAsync),
    ("event", TimeFigures.EventAsync),
    ("fail-over", TimeFigures.FailOverAsync),
];

var binary = Environment.GetEnvironmentVariable(Binary) is { Length: > 0 } named ? named : Repository.Path("artifacts", "publish", "rucio-operator");
if (!File.Exists(binary))
{
    Console.Error.WriteLine($"no binary at {binary}: run make publish, or name one with {Binary}");
    return 1;
}
Environment.SetEnvironmentVariable(Binary, binary);

Console.WriteLine("| what | bar | measured |\n|---|---|---|");
foreach (var (_, measure) in figures.Where(f => args.Length == 0 || args.Contains(f.Name)))
{
    await foreach (var figure in measure())
        Console.WriteLine(figure.Row);
}
return 0;
