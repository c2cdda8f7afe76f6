namespace RucioOperator.Sandbox;

/// <summary>The checkout this was built in.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "Operator.sln")))
                return directory.FullName;
        }
        throw new DirectoryNotFoundException("not inside a checkout of the project");
    }
}
