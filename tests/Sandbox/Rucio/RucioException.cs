namespace RucioOperator.Sandbox.Rucio;

/// <summary>A Rucio exception by its Python class name. Views map some classes to a status; the rest is 500.</summary>
public sealed class RucioException(string @class, string message) : Exception(message)
{
    public string Class => @class;

    public static RucioException AccessDenied(string message) => new("AccessDenied", message + ". ");

    public static RucioException NoSuchRse(string rse, string vo) => new("RSENotFound", $"RSE '{rse}' cannot be found in vo '{vo}'");

    /// <summary>What any refusal of PostgreSQL becomes, without its reason.</summary>
    public static RucioException Database() => new("DatabaseException", "An unknown Database Exception has occurred.");
}

/// <summary>An exception of Python itself inside a view: 500 with its text and no class.</summary>
public sealed class PythonException(string message) : Exception(message);

/// <summary>A complete error answer from the middle of a view, like flask.abort.</summary>
public sealed class AbortException(int status, string @class, string message) : Exception(message)
{
    public int Status => status;

    public string Class => @class;
}
