namespace RucioOperator.Runtime;

public static class Times
{
    public static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
