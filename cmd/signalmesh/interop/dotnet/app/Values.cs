using System.Text.Json.Serialization;
using MessagePack;

namespace SignalMesh.Interop;

/// <summary>An enum that is a text in both protocols.</summary>
[JsonConverter(typeof(JsonStringEnumConverter))]
public enum Color
{
    Red,
    Green,
    Blue,
}

/// <summary>An enum that is a number in JSON and a text in MessagePack, as enums are by default.</summary>
public enum Day
{
    Monday,
    Tuesday,
}

/// <summary>A class with properties of several types.</summary>
public sealed class Order
{
    public string Title { get; set; } = "";

    public long Count { get; set; }

    public double Price { get; set; }

    public bool Paid { get; set; }

    public List<string> Tags { get; set; } = [];

    public Dictionary<string, string> Notes { get; set; } = [];

    public byte[]? Image { get; set; }

    public DateTime Created { get; set; }

    public Order? Previous { get; set; }
}

/// <summary>An array in MessagePack.</summary>
[MessagePackObject]
public sealed class Point
{
    [Key(0)]
    public int X { get; set; }

    [Key(1)]
    public int Y { get; set; }
}
